using System.Diagnostics;
using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Fuzzing;

/// <summary>Whole checks of recorded hosts of which one answer is tampered with: a pass is only where what was read says so.</summary>
static class JudgedHosts
{
    const string State = "root/var/ossec/var/run/wazuh-agentd.state";

    public static Bench Sshd()
    {
        var root = Path.Combine(Repository.Root, "tests/hosts/hardened/root");
        var good = File.ReadAllText(Path.Combine(root, "../commands.txt")).Split("\n$ ").First(answer => answer.Contains("sshd -T", StringComparison.Ordinal)).Split('\n')
            .Where(line => line.StartsWith("> ", StringComparison.Ordinal)).Select(line => line[2..] + "\n");
        return new Bench([Encoding.UTF8.GetBytes(string.Concat(good))], input =>
        {
            var answer = Encoding.UTF8.GetString(input);
            var machine = new Machine(root, (_, _, _) => Task.FromResult(new CommandResult(0, answer, "")));
            foreach (var finding in Sweep(new SshdCheck(new SshSettings()), machine).Where(finding => finding.Outcome == Outcome.Pass))
                if (finding.Rule.Id is "sshd.password-login" or "sshd.root-login")
                    Assert.Matches($"(?im)^{(finding.Rule.Id == "sshd.root-login" ? "permitrootlogin" : "passwordauthentication")} +no\\s*$", answer);
        });
    }

    public static Bench Wazuh()
    {
        var (folder, recorded) = (new Folder(), Path.Combine(Repository.Root, "tests/hosts/ossec-wazuh-4.14.7-connected"));
        using (var copy = Process.Start("cp", ["-a", recorded + "/.", folder.Path])) copy.WaitForExit();
        return new Bench([File.ReadAllBytes(folder[State])], input =>
        {
            File.WriteAllBytes(folder[State], input);
            foreach (var finding in Sweep(new OssecCheck(new OssecSettings()), Recording.Open(folder.Path)).Where(finding => finding.Outcome == Outcome.Pass))
                if (finding.Rule.Id == "ossec.manager-connected") Assert.Contains("status='connected'", Encoding.UTF8.GetString(input), StringComparison.Ordinal);
        }, folder);
    }

    static IEnumerable<Finding> Sweep(ICheck check, Machine machine) =>
        new Sweep(machine, TimeSpan.FromMinutes(1), new Waivers([])).RunAsync([check], CancellationToken.None).GetAwaiter().GetResult().SelectMany(run => run.Findings);
}
