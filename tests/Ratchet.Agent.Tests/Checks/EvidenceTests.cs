using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Tests.Checks;

public sealed class EvidenceTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("größe 日本 🙂", "größe 日本 🙂")]
    [InlineData("\u001b[31mred", @"\u001B[31mred")]
    [InlineData("line\r\nbreak\u2028\u2029", @"line\u000D\u000Abreak\u2028\u2029")]
    [InlineData("\u202egpj.exe\u2066\u200f", @"\u202Egpj.exe\u2066\u200F")]
    [InlineData("zero\u200bwidth\ufeff", @"zero\u200Bwidth\uFEFF")]
    [InlineData("\0", @"\u0000")]
    [InlineData("\u009b31m", @"\u009B31m")]
    public void Text_of_the_host_is_made_printable(string text, string expected) => Assert.Equal(expected, Printable.Clean(text, 100));

    [Fact]
    public void Broken_surrogates_are_replaced() => Assert.Equal("a\ufffdb", Printable.Clean("a\ud800b", 100));

    [Fact]
    public void Long_texts_are_cut_and_say_so()
    {
        Assert.Equal(new string('x', 100), Printable.Clean(new string('x', 100), 100));
        Assert.Equal(new string('x', 100) + "…", Printable.Clean(new string('x', 101), 100));
        Assert.InRange(Printable.Clean(new string('\u001b', 1_000_000), 100).Length, 100, 110);
    }

    [Fact]
    public void Absent_facts_are_absent_and_long_lists_say_how_long_they_were()
    {
        var evidence = new Evidence { { "none", (string?)null }, { "number", 5L }, { "flag", true }, { "path", "/a\n" }, { "list", Enumerable.Repeat("x", 60) } };
        var json = evidence.ToJson();

        Assert.False(json.ContainsKey("none"));
        Assert.Equal((5, true, @"/a\u000A"), ((long)json["number"]!, (bool)json["flag"]!, (string)json["path"]!));
        Assert.Equal((50, 60), (((JsonArray)json["list"]!).Count, (int)json["list_total"]!));
    }

    [Fact]
    public void What_was_handed_out_does_not_change_it()
    {
        var evidence = new Evidence { { "a", "b" } };
        evidence.ToJson()["a"] = "c";
        Assert.Equal("b", (string)evidence.ToJson()["a"]!);
    }
}
