using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Tests.Checks;

public sealed class ControlsTests
{
    [Theory]
    [InlineData("10.1")]
    [InlineData("10.L")]
    [InlineData("10.l ")]
    [InlineData("14.a")]
    [InlineData("1.a")]
    [InlineData("01.zz")]
    [InlineData("")]
    public void A_reference_that_HITRUST_does_not_have_is_refused(string reference) =>
        Assert.Throws<ArgumentException>(() => new Controls(["164.312(b)"], [reference]));

    [Theory]
    [InlineData("164.312")]
    [InlineData("164.312(z)")]
    // The numbering before 2013, what others cite for evaluation, and the group health plans: none of it is what a rule here proves.
    [InlineData("164.314(a)(1)(i)")]
    [InlineData("164.308(a)(2)")]
    [InlineData("164.314(b)")]
    [InlineData("")]
    public void A_paragraph_that_HIPAA_does_not_have_is_refused(string paragraph) =>
        Assert.Throws<ArgumentException>(() => new Controls([paragraph], ["09.aa"]));

    [Fact]
    public void Encryption_at_rest_is_not_cited_as_encryption_on_the_way()
    {
        var atRest = Program.NewChecks(new()).SelectMany(check => check.Rules).Where(rule => rule.Area == "disk" || rule.Id == "aws.volumes-encrypted").ToList();
        Assert.NotEmpty(atRest);
        Assert.All(atRest, rule => Assert.DoesNotContain(rule.Controls.Hipaa, paragraph => paragraph.StartsWith("164.312(e)", StringComparison.Ordinal)));
        Assert.Contains(atRest, rule => rule.Controls.Hipaa[0] == "164.312(a)(2)(iv)");
    }

    [Fact]
    public void Each_paragraph_says_whether_it_is_required_addressable_or_a_standard() =>
        Assert.All(Controls.HipaaTitles.Values, title => Assert.Matches(@" \([RAS]\)$", title));

    [Fact]
    public void Tags_name_their_publisher() => Assert.Equal(["HIPAA 164.312(d)", "HITRUST 01.q"], new Controls(["164.312(d)"], ["01.q"]).Tags);
}
