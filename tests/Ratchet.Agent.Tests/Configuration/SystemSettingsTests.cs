using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Configuration;

public sealed class SystemSettingsTests
{
    [Theory]
    [InlineData(8, 7, 2, null)]
    [InlineData(91, 7, 2, "$.ubuntu.updateWithin")]
    [InlineData(7, 31, 2, "$.ubuntu.listAge")]
    [InlineData(7, 0, 2, "$.ubuntu.listAge")]
    [InlineData(7, 7, 0, "$.salt.highstateWithin")]
    [InlineData(7, 7, 91, "$.salt.highstateWithin")]
    public void Times_that_would_never_or_always_fail_are_refused(int update, int list, int highstate, string? place)
    {
        var settings = new Settings { Ubuntu = new UbuntuSettings { UpdateWithin = TimeSpan.FromDays(update), ListAge = TimeSpan.FromDays(list) }, Salt = new SaltSettings { HighstateWithin = TimeSpan.FromDays(highstate) } };
        Assert.Equal(place is null ? [] : [place], SettingsRules.Broken(settings).Select(broken => broken.Place));
    }
}
