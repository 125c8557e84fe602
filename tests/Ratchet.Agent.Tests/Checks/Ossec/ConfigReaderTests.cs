using Ratchet.Agent.Checks.Ossec;

namespace Ratchet.Agent.Tests.Checks.Ossec;

public sealed class ConfigReaderTests
{
    [Theory]
    [InlineData("<ossec_config><client><server-ip>10.0.0.5</server-ip></client></ossec_config>", "client/server-ip=10.0.0.5")]
    [InlineData("<o><a> 1 </a></o><o><a>2</a></o>", "a=1 a=2")]
    [InlineData("<o><a>1</a><!-- <a>2</a> --><! <a>3</a> !></o>", "a=1")]
    [InlineData("<?xml version=\"1.0\"?><o><a b='c>d' e=\"f\">1</a><g/></o>", "a=1 g=")]
    [InlineData("<var name=\"T\">300</var><o><a>$T</a><b>$U</b></o>", "a=300 b=$U")]
    [InlineData("<o><a>x \\<b\\> y</a></o>", "a=x <b\\> y")]
    [InlineData("<o><a>1<!-- x -->2</a></o>", "a=12")]
    [InlineData("", "")]
    [InlineData("no elements", "")]
    public void Elements_are_read_as_the_daemons_read_them(string text, string elements) =>
        Assert.Equal(elements, string.Join(' ', ConfigReader.Parse(text, "f").Select(e => $"{e.Path}={e.Value}")));

    [Theory]
    [InlineData("<o><a>1</o>", "f: line 1: <a> is not closed")]
    [InlineData("<o>\n<a>1</a>\n", "f: line 3: <o> is not closed")]
    [InlineData("</o>", "closes nothing")]
    [InlineData("<o><!-- x</o>", "a comment is not closed")]
    [InlineData("<o", "a tag is not closed")]
    [InlineData("<o <a>", "a tag is not closed")]
    [InlineData("<o a=\"x></o>", "a tag is not closed")]
    [InlineData("< ></ >", "without a name")]
    [InlineData("<?xml", "?> is missing")]
    public void What_is_broken_names_the_line(string text, string words) =>
        Assert.Contains(words, Assert.Throws<FormatException>(() => ConfigReader.Parse(text, "f")).Message, StringComparison.Ordinal);

    [Fact]
    public void Hostile_text_neither_hangs_nor_grows()
    {
        foreach (var text in new[] { Many("<a>", 100_000), Many("<", 500_000), Many("<!", 250_000), Many("<a/>", 200_000), "<o>" + Many("<!-- ", 100_000), Many("\\<", 200_000), "<o>" + Many("<a></a>", 70_000), "<o><a>" + Many("<!>", 200_000) + "</a></o>", "<o><a>" + Many("<!x!>", 200_000) + "</a></o>", "<o " + Many("a=\"b\" ", 150_000) + "></o>" })
        {
            try
            {
                ConfigReader.Parse(text, "f");
            }
            catch (FormatException)
            {
                // Refused is fine.
            }
        }
        static string Many(string part, int count) => string.Concat(Enumerable.Repeat(part, count));
    }

    [Fact]
    public void Mutated_configurations_are_read_or_refused()
    {
        var good = "<ossec_config><client><server-ip>10.0.0.5</server-ip></client><!-- c --><syscheck><frequency>300</frequency></syscheck></ossec_config>";
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var letters = good[..random.Next(good.Length + 1)].ToCharArray();
            for (var n = random.Next(4); n > 0 && letters.Length > 0; n--) letters[random.Next(letters.Length)] = "<>!-/\\$\"'\0 é"[random.Next(12)];
            try
            {
                ConfigReader.Parse(new string(letters), "f");
            }
            catch (FormatException)
            {
                // Refused is fine.
            }
        }
    }
}
