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
        var (asked, machine) = Slow();
        var findings = await SshdHost.CheckAsync(machine: machine);

        foreach (var host in new[] { first, second })
            Assert.All(findings.Where(finding => finding.Subject == host.Config), finding => Assert.Equal((Outcome.Unknown, true), (finding.Outcome, finding.Message.Contains(Reason, StringComparison.Ordinal))));
        Assert.DoesNotContain(findings, finding => finding.Outcome is Outcome.Pass or Outcome.Fail);
        Assert.Single(asked);
    }

    [SshdFact]
    public async Task An_sshd_that_answers_again_is_judged_again()
    {
        using var host = new SshdHost($"{SshdHost.Hardened}\nMatch User postgres\n  PermitRootLogin yes\n");
        var check = new SshdCheck(new SshSettings());
        await SshdHost.CheckAsync(check, Slow().Machine);
        Assert.Equal(Texts(await SshdHost.CheckAsync()), Texts(await SshdHost.CheckAsync(check)));

        string[] Texts(IEnumerable<Finding> findings) => [.. findings.Where(finding => finding.Subject == host.Config).Select(finding => $"{finding.Rule.Id} {finding.Outcome}: {finding.Message}")];
    }

    /// <summary>This host, on which sshd sleeps in place of an answer, and waits are over soon.</summary>
    static (List<string> Asked, Machine Machine) Slow()
    {
        var asked = new List<string>();
        return (asked, new Machine("/", (program, arguments, cancel) =>
        {
            if (!arguments.Contains("-T")) return Command.RunAsync(program, arguments, cancel);
            asked.Add(string.Join(' ', arguments));
            return Command.RunAsync("/bin/sleep", ["600"], cancel);
        }, new FastClock(6)));
    }
}
