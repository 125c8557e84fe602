using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Salt;
using Ratchet.Agent.Tests.Checks.Ubuntu;

namespace Ratchet.Agent.Tests.Checks.Salt;

/// <summary>What the returns that a minion keeps tell of highstate and drift.</summary>
public sealed class HighstateTests : MinionHost
{
    [Fact]
    public async Task A_test_is_no_applied_highstate_and_shows_drift()
    {
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), SaltReturns.Of("state.apply", ["test=True"], ("file_|-motd_|-/etc/motd_|-managed", null, 1)));
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Pass, "within 2d");
        await AssertAsync(SaltRules.DriftFree, Outcome.Fail, "1 of 1 states would change this host");
    }

    [Fact]
    public async Task A_failed_state_is_drift()
    {
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), SaltReturns.Of("state.highstate", [], ("file_|-motd_|-/etc/motd_|-managed", false, 0), ("a_|-b_|-c_|-d", true, 0)));
        await AssertAsync(SaltRules.DriftFree, Outcome.Fail, "1 of 2 states failed in the highstate of 2026-11-21 10:00Z: file: motd");
    }

    [Theory]
    [InlineData("state.apply", "motd")]
    [InlineData("state.sls", "")]
    [InlineData("state.apply", "exclude=x")]
    [InlineData("test.ping", "")]
    [InlineData("state.highstate", "whitelist=motd")]
    public async Task A_part_of_the_states_is_no_highstate(string function, string argument)
    {
        host.Delete("/var/cache/salt/minion/minion_jobs/20261121060000000000/return.p");
        Job("20261118100000000000", UbuntuHost.Now.AddDays(-3), SaltReturns.Of("test.ping", []));
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), SaltReturns.Of(function, argument.Length > 0 ? [argument] : [], ("a_|-b_|-c_|-d", true, 0)));
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Fail, "no highstate is among the jobs since 2026-11-18");
        host.Delete("/var/cache/salt/minion/minion_jobs/20261118100000000000/return.p");
        Directory.Delete(host.Root + "/var/cache/salt/minion/minion_jobs/20261118100000000000");
        Directory.Delete(host.Root + "/var/cache/salt/minion/minion_jobs/20261121060000000000");
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Unknown, "do not reach back");
    }

    /// <summary>Written by salt-call of Salt 3007.0: one state that changes something, one that does not, one that fails.</summary>
    [Theory]
    [InlineData("highstate", true, false, 1, "test: broken", "")]
    [InlineData("test", true, true, 1, "test: broken", "test: put right")]
    [InlineData("part", false, false, 1, "test: broken", "")]
    public void Returns_of_a_real_Salt_are_read(string name, bool isHighstate, bool isTest, int changed, string failed, string pending)
    {
        var result = SaltReturn.Parse(File.ReadAllBytes(Path.Combine(Hosts.Repository.Root, "tests/Ratchet.Agent.Tests/Checks/Salt/returns", name + ".p")));
        Assert.Equal(("state.apply", isHighstate, isTest, 3, changed), (result.Function, result.IsHighstate, result.IsTest, result.States, result.Changed));
        Assert.Equal(failed, string.Join(", ", result.Failed));
        Assert.Equal(pending, string.Join(", ", result.Pending));
    }

    [Fact]
    public async Task An_old_highstate_fails_and_says_nothing_of_drift()
    {
        host.Delete("/var/cache/salt/minion/minion_jobs/20261121060000000000/return.p");
        Job("20261118100000000000", UbuntuHost.Now.AddDays(-3), SaltReturns.Of("state.highstate", [], ("a_|-b_|-c_|-d", true, 0)));
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Fail, "longer ago than 2d");
        await AssertAsync(SaltRules.DriftFree, Outcome.Unknown, "what has changed since");
    }

    [Fact]
    public async Task States_that_did_not_render_are_no_highstate()
    {
        host.Delete("/var/cache/salt/minion/minion_jobs/20261121060000000000/return.p");
        Job("20261118100000000000", UbuntuHost.Now.AddDays(-3), SaltReturns.Of("test.ping", []));
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), SaltReturns.Failed("state.apply", "Rendering SLS failed"));
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Fail, "no highstate is among the jobs since 2026-11-18");
    }

    [Fact]
    public async Task Without_kept_returns_nothing_is_known()
    {
        Minion("master: x\n");
        Directory.Delete(host.Root + "/var/cache/salt", recursive: true);
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Unknown, "cache_jobs");
        await AssertAsync(SaltRules.DriftFree, Outcome.Unknown, "cache_jobs");
    }

    [Fact]
    public async Task A_torn_return_hides_drift_and_not_that_a_highstate_ran()
    {
        var whole = SaltReturns.Of("state.apply", [], ("a_|-b_|-c_|-d", false, 0));
        Job("20261121100000000000", UbuntuHost.Now.AddHours(-2), whole[..^3]);
        await AssertAsync(SaltRules.DriftFree, Outcome.Unknown, "could not be read");
        await AssertAsync(SaltRules.HighstateRecent, Outcome.Pass, "");
    }
}
