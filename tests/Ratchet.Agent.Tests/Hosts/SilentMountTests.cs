using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Hosts;

/// <summary>A file system of the host whose server has gone away: whoever looks at it hangs. Alone, for other tests look at all mounts.</summary>
[Collection(WholeService.Name)]
public sealed class SilentMountTests : IDisposable
{
    static readonly string[] Concerned = ["sshd", "access"];

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [NeedsFuseFact]
    public async Task A_home_that_hangs_is_named_and_all_other_checks_judge_in_the_same_sweep()
    {
        Programs.Run("cp", "-a", Path.Combine(Repository.Root, "tests/hosts/access-weak"), folder["host"]);
        var settings = SettingsFile.Load(folder["host/agent.json"], new Dictionary<string, string>()).Settings;
        var checks = Program.NewChecks(settings);
        var sweep = new Sweep(Recording.Open(folder["host"]), TimeSpan.FromSeconds(5), new Waivers([]));
        var before = await sweep.RunAsync(checks, default);

        using var silent = new SilentMount(folder["host/root/home/acme"]);
        var during = await sweep.RunAsync(checks, default);
        Assert.Equal(Texts(before, of: check => !IsConcerned(check)), Texts(during, of: check => !IsConcerned(check)));
        Assert.All(during.Where(run => IsConcerned(run.Check)).SelectMany(run => run.Findings), finding => Assert.Equal((Outcome.Unknown, true),
            (finding.Outcome, finding.Message.StartsWith("could not look: not done within 5 s: the last that was looked at is /home/acme", StringComparison.Ordinal))));

        // Nobody is sent after those who hang.
        var again = await sweep.RunAsync(checks, default);
        Assert.All(again.Where(run => IsConcerned(run.Check)).SelectMany(run => run.Findings), finding => Assert.Equal("could not look: the run before this one has not ended", finding.Message));
        Assert.Equal(Texts(before, of: check => !IsConcerned(check)), Texts(again, of: check => !IsConcerned(check)));

        silent.Dispose();
        await Wait.UntilAsync(() => Texts(sweep.RunAsync(checks, default).GetAwaiter().GetResult(), IsConcerned).SequenceEqual(Texts(before, IsConcerned)), "the verdicts of before");
    }

    [NeedsFuseFact]
    public async Task A_mount_that_hangs_is_judged_by_the_table_of_mounts()
    {
        Directory.CreateDirectory(folder["mount"]);
        using var silent = new SilentMount(folder["mount"]);
        var run = Assert.Single(await new Sweep(new Machine("/", Command.RunAsync), TimeSpan.FromSeconds(20), new Waivers([])).RunAsync([new DiskCheck(new Settings())], default));

        Assert.DoesNotContain(run.Findings, finding => finding.Message.Contains("not done within", StringComparison.Ordinal));
        Assert.Contains(run.Findings, finding => finding.Rule == DiskRules.MountsEncrypted && finding.Subject == folder["mount"] && finding.Outcome is Outcome.Unknown or Outcome.Fail);
    }

    static bool IsConcerned(ICheck check) => Concerned.Contains(check.Rules[0].Area);

    static List<string> Texts(IEnumerable<CheckRun> runs, Func<ICheck, bool> of) =>
        [.. runs.Where(run => of(run.Check)).SelectMany(run => run.Findings).Select(finding => $"{finding.Rule.Id} {finding.Outcome} {finding.Subject}: {finding.Message}")];
}
