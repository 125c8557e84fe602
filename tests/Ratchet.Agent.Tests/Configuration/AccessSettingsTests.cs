using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Configuration;

/// <summary>The register of access: each fault is refused with file, place and what would be right.</summary>
public sealed class AccessSettingsTests : IDisposable
{
    const string Agreement = """ "agreement": {"ref": "BAA-17", "signed": "2026-03-04", "expires": "2027-03-04"} """;
    const string Key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_whole_register_is_taken()
    {
        var settings = Load($$$"""
            {"access": {
              "staff": {"accounts": [{"name": "ops", "keys": ["{{{Key}}}"], "sudo": ["ALL", "(postgres) /usr/bin/psql"]}], "sources": ["10.0.0.0/8"], "review": {"last": "2026-05-01", "by": "j.doe"}},
              "parties": [{"id": "acme", "owner": "j.doe", "reason": "support", {{{Agreement}}}, "scope": {"hosts": ["web*"]},
                "accounts": [{"name": "acme-ops", "from": "2026-04-01", "until": "2026-12-31"}], "databaseRoles": [{"role": "acme_ro", "cluster": "16/main", "until": "2026-12-31"}]}]}}
            """);
        Assert.True(settings.Access.IsConfigured);
        Assert.Equal(new DateOnly(2027, 3, 4), settings.Access.Parties[0].Agreement.Expires);
        Assert.False(Load("{}").Access.IsConfigured);
    }

    [Theory]
    [InlineData("""{"accounts": [{"name": "x", "until": "2027-03-05"}]}""", ".accounts[0].until", "no day after the agreement's end")]
    [InlineData("""{"accounts": [{"name": "x"}]}""", ".accounts[0].until", "the last day of the access")]
    [InlineData("""{"databaseRoles": [{"role": "x"}]}""", ".databaseRoles[0].until", "the last day of the access")]
    [InlineData("""{"accounts": [{"name": "x", "from": "2026-03-03", "until": "2026-12-31"}]}""", ".accounts[0].from", "before the agreement was signed")]
    [InlineData("""{"accounts": [{"name": "x", "from": "2026-12-31", "until": "2026-12-30"}]}""", ".accounts[0].until", "on or after from")]
    [InlineData("""{"accounts": [{"name": "x y", "until": "2026-12-31"}]}""", ".accounts[0].name", "the name of an account")]
    [InlineData("""{"accounts": [{"name": "x", "until": "2026-12-31", "keys": ["MD5:00"]}]}""", ".accounts[0].keys[0]", "SHA256:")]
    [InlineData("""{"accounts": [{"name": "x", "until": "2026-12-31", "sudo": ["systemctl"]}]}""", ".accounts[0].sudo[0]", "absolute path")]
    [InlineData("""{"sources": ["acme.example"]}""", ".sources[0]", "CIDR")]
    [InlineData("""{"authorities": ["x"]}""", ".authorities[0]", "SHA256:")]
    [InlineData("""{"scope": {}}""", ".scope", "hosts or roles")]
    [InlineData("""{"owner": " "}""", ".owner", "who answers")]
    [InlineData("""{"review": {"last": "2026-03-01", "by": ""}}""", ".review.by", "who reviewed")]
    [InlineData("""{"id": "a b"}""", ".id", "short name")]
    [InlineData("""{"acounts": []}""", ".acounts", "unknown key")]
    public void A_fault_of_a_party_is_named(string party, string place, string words)
    {
        var inner = party[1..^1];
        var id = inner.Contains("\"id\"", StringComparison.Ordinal) ? "" : "\"id\": \"acme\", ";
        var owner = inner.Contains("\"owner\"", StringComparison.Ordinal) ? "" : "\"owner\": \"j.doe\", ";
        Refused($$$"""{"access": {"parties": [{ {{{id}}} {{{owner}}} "reason": "support", {{{Agreement}}}, {{{inner}}} }]}}""", "$.access.parties[0]" + place, words);
    }

    [Fact]
    public void What_has_two_holders_is_shared_and_refused()
    {
        var grant = """{"name": "x", "until": "2026-12-31", "keys": ["KEY"]}""".Replace("KEY", Key, StringComparison.Ordinal);
        Refused($$$"""{"access": {"staff": {"accounts": [{{{grant}}}]}, "parties": [{"id": "acme", "owner": "o", "reason": "r", {{{Agreement}}}, "accounts": [{{{grant}}}]}]}}""", "$.access.parties[0].accounts[0].name", "one holder");
        Refused($$$"""{"access": {"staff": {"accounts": [{{{grant}}}, {{{grant.Replace("\"x\"", "\"y\"", StringComparison.Ordinal)}}} ] } } }""", "$.access.staff.accounts[1].keys[0]", "registered for x already");
        Refused("""{"access": {"staff": {"databaseRoles": [{"role": "app"}, {"role": "app"}]}}}""", "$.access.staff.databaseRoles[1].role", "one holder");
    }

    [Fact]
    public void A_party_without_an_agreement_is_refused() =>
        Refused("""{"access": {"parties": [{"id": "acme", "owner": "o", "reason": "r"}]}}""", "$.access.parties[0]", "missing: 'agreement'");

    void Refused(string text, string place, string words)
    {
        var error = Assert.Throws<SettingsException>(() => Load(text));
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);
    }

    Settings Load(string text)
    {
        folder.Write("agent.json", text);
        return SettingsFile.Load(Path.Combine(folder.Path, "agent.json"), new Dictionary<string, string>()).Settings;
    }
}
