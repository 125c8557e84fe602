using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Tests.Checks;

public sealed class WildcardTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("tomcat*.service", "tomcat10.service", true)]
    [InlineData("tomcat*.service", "tomcat.service.d", false)]
    [InlineData("tomcat?.service", "tomcat10.service", false)]
    [InlineData("/usr/*/postgres", "/usr/lib/postgresql/16/bin/postgres", true)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a[b]", "ab", false)]
    [InlineData("srv\\x2da.service", "srv\\x2da.service", true)]
    [InlineData("", "x", false)]
    [InlineData("?", "", false)]
    [InlineData("a*b*c", "axxbyy", false)]
    [InlineData("A", "a", false)]
    public void Stars_and_question_marks_match_and_nothing_else_is_special(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Wildcard.Matches(pattern, text));

    [Fact]
    public void Many_stars_do_not_take_for_ever() =>
        Assert.False(Wildcard.Matches(string.Concat(Enumerable.Repeat("*a", 200)) + "b", new string('a', 4000)));
}
