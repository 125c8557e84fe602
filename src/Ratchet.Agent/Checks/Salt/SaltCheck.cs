using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Salt;

/// <summary>
/// Judges Salt by its files: nothing is asked of the minion or the master, for a salt-call loads all of Python and a master would see a job.
/// </summary>
sealed class SaltCheck(SaltSettings settings) : ICheck
{
    static readonly Rule[] OfMinion = [SaltRules.MinionRunning, SaltRules.MasterPinned, SaltRules.MinionConfigSafe, SaltRules.HighstateRecent, SaltRules.DriftFree];

    readonly SaltJobs jobs = new();

    public IReadOnlyList<Rule> Rules => SaltRules.All;

    public Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var (minion, master) = (IsInstalled(machine, "salt-minion"), IsInstalled(machine, "salt-master"));
        var findings = new List<Finding>();
        if (minion) findings.AddRange(JudgeMinion(machine, cancel));
        else
        {
            findings.AddRange(OfMinion.Select(rule => Finding.NotApplicable(rule, "minion", "no Salt minion is installed")));
            if (settings.Required) findings[0] = Finding.Fail(SaltRules.MinionRunning, "minion", "no Salt minion is installed, and this host's configuration requires one");
        }
        if (master) findings.AddRange(JudgeMaster(machine));
        else findings.Add(Finding.NotApplicable(SaltRules.MasterRestricted, "master", "no Salt master is installed"));
        if (!minion && !master) findings.Add(Finding.NotApplicable(SaltRules.KeysProtected, "salt", "Salt is not installed"));
        return Task.FromResult<IReadOnlyList<Finding>>(findings);
    }

    static bool IsInstalled(Machine machine, string name) =>
        new[] { $"/usr/bin/{name}", $"/opt/saltstack/salt/{name}", $"/usr/lib/systemd/system/{name}.service", $"/lib/systemd/system/{name}.service", $"/etc/systemd/system/{name}.service" }.Any(path => machine.Status(path) is not null);

    IEnumerable<Finding> JudgeMinion(Machine machine, CancellationToken cancel)
    {
        ServiceProcess? process = null;
        yield return Judge(SaltRules.MinionRunning, "minion", () =>
        {
            process = ServiceProcess.Of(machine.Unwatched(), "salt-minion.service");
            return process is null ? Finding.Fail(SaltRules.MinionRunning, "minion", "salt-minion.service does not run")
                : process.IsStopped ? Finding.Fail(SaltRules.MinionRunning, "minion", "salt-minion.service was stopped by a signal: it is there and does nothing")
                : Finding.Pass(SaltRules.MinionRunning, "minion", "salt-minion.service runs");
        });
        var (config, obstacle) = Read(machine, "/etc/salt/minion");
        if (config is null)
        {
            foreach (var rule in OfMinion.Skip(1).Append(SaltRules.KeysProtected)) yield return Finding.Unknown(rule, "minion", obstacle!);
            yield break;
        }
        yield return Judge(SaltRules.MasterPinned, "minion", () => AsStarted(machine, config, process, PinVerdict.Judge(machine, config)));
        yield return Judge(SaltRules.MinionConfigSafe, "minion", () => AsStarted(machine, config, process, ConfigVerdict.OfMinion(config, settings)));
        yield return Judge(SaltRules.KeysProtected, "minion", () => KeysVerdict.OfMinion(machine, config));
        foreach (var finding in JudgeHighstate(machine, config, cancel)) yield return finding;
    }

    IEnumerable<Finding> JudgeHighstate(Machine machine, SaltConfig config, CancellationToken cancel)
    {
        var keeps = config["cache_jobs"]?.Truth == true;
        SaltHistory history;
        try
        {
            history = jobs.Look(machine.Unwatched(), config.PathOf("cachedir", "/var/cache/salt/minion") + "/minion_jobs", config["test"]?.Truth == true, cancel);
        }
        catch (IOException e)
        {
            return [Finding.Unknown(SaltRules.HighstateRecent, "highstate", "could not look: " + e.Message), Finding.Unknown(SaltRules.DriftFree, "highstate", "could not look: " + e.Message)];
        }
        return [HighstateVerdicts.Recent(history, settings, keeps, machine.Now), HighstateVerdicts.Drift(history, settings, keeps, machine.Now)];
    }

    static IEnumerable<Finding> JudgeMaster(Machine machine)
    {
        var (config, obstacle) = Read(machine, "/etc/salt/master");
        if (config is null) return [Finding.Unknown(SaltRules.MasterRestricted, "master", obstacle!), Finding.Unknown(SaltRules.KeysProtected, "master", obstacle!)];
        return
        [
            Judge(SaltRules.MasterRestricted, "master", () => AsStarted(machine, config, ServiceProcess.Of(machine.Unwatched(), "salt-master.service"), ConfigVerdict.OfMaster(machine, config))),
            Judge(SaltRules.KeysProtected, "master", () => KeysVerdict.OfMaster(machine, config)),
        ];
    }

    static (SaltConfig? Config, string? Obstacle) Read(Machine machine, string path)
    {
        try
        {
            return (SaltConfig.Read(machine, path), null);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return (null, "could not look: " + e.Message);
        }
    }

    /// <summary>A pass of files is one of the daemon only where it was started after their last change.</summary>
    static Finding AsStarted(Machine machine, SaltConfig config, ServiceProcess? process, Finding finding)
    {
        if (finding.Outcome != Outcome.Pass || process?.Started is not { } started) return finding;
        var newer = config.Files.FirstOrDefault(path => machine.Status(path) is { } status && status.Touched > started);
        return newer is null ? finding : Finding.Unknown(finding.Rule, finding.Subject, $"{newer} was changed since the {finding.Subject} was started: what runs is not what it says", finding.Evidence);
    }

    static Finding Judge(Rule rule, string subject, Func<Finding> judge)
    {
        try
        {
            return judge();
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return Finding.Unknown(rule, subject, "could not look: " + e.Message);
        }
    }
}
