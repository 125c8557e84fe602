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
    [InlineData("")]
    public void A_paragraph_that_HIPAA_does_not_have_is_refused(string paragraph) =>
        Assert.Throws<ArgumentException>(() => new Controls([paragraph], ["09.aa"]));

    [Fact]
    public void Tags_name_their_publisher() => Assert.Equal(["HIPAA 164.312(d)", "HITRUST 01.q"], new Controls(["164.312(d)"], ["01.q"]).Tags);
}
