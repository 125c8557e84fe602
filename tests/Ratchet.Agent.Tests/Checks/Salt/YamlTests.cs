using Ratchet.Agent.Checks.Salt;

namespace Ratchet.Agent.Tests.Checks.Salt;

public sealed class YamlTests
{
    [Fact]
    public void A_configuration_as_people_write_it_is_read()
    {
        var entries = Yaml.Parse("""
            # comment
            ---
            master:
              - a.internal   # first
              - 'b:internal'
            id: "we\x62 01"
            empty:
            url: http://x.internal/#top
            mine_functions:
              network.ip_addrs: []
              keys:
                - mine_function: ratchet.key
                - {interface: eth0, on: yes}
            text: |
              open_mode: True
               # kept

            log_level: warning
            """, "f").Entries!;
        Assert.Equal(["a.internal", "b:internal"], entries["master"].Items!.Select(item => item.Text));
        Assert.Equal("web 01", entries["id"].Text);
        Assert.True(entries["empty"].IsEmpty);
        Assert.Equal("http://x.internal/#top", entries["url"].Text);
        Assert.Equal("ratchet.key", entries["mine_functions"].Entries!["keys"].Items![0].Entries!["mine_function"].Text);
        Assert.True(entries["mine_functions"].Entries!["keys"].Items![1].Entries!["on"].Truth);
        Assert.False(entries.ContainsKey("open_mode"));
        Assert.Equal("warning", entries["log_level"].Text);
    }

    /// <summary>As a minion writes minion.d/_schedule.conf by itself.</summary>
    [Fact]
    public void Brackets_over_several_lines_are_read()
    {
        var entries = Yaml.Parse("""
            schedule:
              __mine_interval: {enabled: true, function: mine.update, jid_include: true, maxrunning: 2,
                minutes: 60, return_job: false, run_on_start: true}
              highstate: {after: 'it''s, {', args: [a,   # of it
                # all
                  "b ] \" #c"], note: it's}   # behind
            next: [a, b]
            """, "f").Entries!;
        var schedule = entries["schedule"].Entries!;
        Assert.Equal("60", schedule["__mine_interval"].Entries!["minutes"].Text);
        Assert.Equal("2", schedule["__mine_interval"].Entries!["maxrunning"].Text);
        Assert.Equal(["a", "b ] \" #c"], schedule["highstate"].Entries!["args"].Items!.Select(item => item.Text));
        Assert.Equal("it's, {", schedule["highstate"].Entries!["after"].Text);
        Assert.Equal("it's", schedule["highstate"].Entries!["note"].Text);
        Assert.Equal(2, entries["next"].Items!.Count);
    }

    [Theory]
    [InlineData("a: *b")]
    [InlineData("a: !!python/object:x y")]
    [InlineData("<<: *b")]
    [InlineData("a: b\n  c")]
    [InlineData("a: 'b")]
    [InlineData("a: [b")]
    [InlineData("a: [b,\nc]")]
    [InlineData("a: [b,\n c")]
    [InlineData("a: [b,\n c]\n d")]
    [InlineData("a: {b: 'c,\n  d'}")]
    [InlineData("a: {b: \"c\n  d\"}")]
    [InlineData("a: {b: [c}\n  ]")]
    [InlineData("- a")]
    [InlineData("just text")]
    [InlineData("a: b\n...\nc: d")]
    [InlineData("a: b\n---\nc: d")]
    [InlineData("a: b\na: c")]
    [InlineData("a: b: c")]
    [InlineData("a: 'b' c")]
    [InlineData("\ta: b")]
    [InlineData("a:\n  b: 1\n c: 2")]
    [InlineData("? a\n: b")]
    [InlineData("a: \0")]
    [InlineData("a: >2\n   b")]
    public void What_is_not_read_is_refused_and_never_guessed(string text) => Assert.Throws<FormatException>(() => Yaml.Parse(text, "f"));

    [Fact]
    public void Deep_nesting_ends()
    {
        Assert.Throws<FormatException>(() => Yaml.Parse("a: " + new string('[', 100_000), "f"));
        Assert.Throws<FormatException>(() => Yaml.Parse(string.Concat(Enumerable.Range(0, 1000).Select(i => new string(' ', i) + "a:\n")), "f"));
        Assert.Throws<FormatException>(() => Yaml.Parse("a:\n" + string.Concat(Enumerable.Repeat("- ", 1000)) + "x\n", "f"));
    }
}
