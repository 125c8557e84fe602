using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Sshd;

/// <summary>An <c>sshd -T</c> that sleeps: all questions together have one patience, and what is not answered is unknown.</summary>
[Collection(RealSshd.Name)]
public sealed class SlowSshdTests
{
    const string Reason = "-T has not answered for every context within 12 s";

    [SshdFact]
    public async Task Two_daemons_that_do_not_answer_are_waited_for_once_and_unknown()
    {
        using var first = new SshdHost($"{SshdHost.Hardened}\nMatch User postgres\n  PermitRootLogin yes\n");
        using var second = new SshdHost(SshdHost.Hardened);
        var (asked, machine) = Slow(_ => true);
        var findings = await SshdHost.CheckAsync(machine: machine);

        foreach (var host in new[] { first, second })
            Assert.All(findings.Where(finding => finding.Subject == host.Config), finding => Assert.Equal((Outcome.Unknown, true), (finding.Outcome, finding.Message.Contains(Reason, StringComparison.Ordinal))));
        Assert.DoesNotContain(findings, finding => finding.Outcome is Outcome.Pass or Outcome.Fail);
        Assert.Single(asked);
    }

    [SshdFact]
    public async Task What_was_answered_in_time_counts_and_only_the_rest_is_unknown()
    {
        using var host = new SshdHost($"{SshdHost.Hardened}\nPermitEmptyPasswords yes\nMatch User postgres\n  MaxAuthTries 2\n");
        // The one context outside of the block is answered.
        var (asked, machine) = Slow(arguments => !arguments.Any(argument => argument.StartsWith("user=root", StringComparison.Ordinal)));
        var findings = (await SshdHost.CheckAsync(machine: machine)).Where(finding => finding.Subject == host.Config).ToDictionary(finding => finding.Rule.Id);

        Assert.Equal(Outcome.Fail, findings["sshd.empty-passwords"].Outcome);
        Assert.Equal((Outcome.Unknown, true), (findings["sshd.root-login"].Outcome, findings["sshd.root-login"].Message.Contains(Reason, StringComparison.Ordinal)));
        Assert.Equal(Outcome.Unknown, findings["sshd.config-valid"].Outcome);
        Assert.NotEmpty(asked);
    }

    /// <summary>This host, on which these questions to sshd run into a sleep, and waits are over soon.</summary>
    static (List<string> Asked, Machine Machine) Slow(Predicate<IReadOnlyList<string>> sleeps)
    {
        var asked = new List<string>();
        return (asked, new Machine("/", (program, arguments, cancel) =>
        {
            if (!arguments.Contains("-T") || !sleeps(arguments)) return Command.RunAsync(program, arguments, cancel);
            asked.Add(string.Join(' ', arguments));
            return Command.RunAsync("/bin/sleep", ["600"], cancel);
        }, new FastClock(6)));
    }
}
