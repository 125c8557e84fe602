using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>One Tomcat with files of its own, as it was found: what verdicts are made of.</summary>
/// <param name="Files">The machine for files whose content is read: as far as the account of this Tomcat may read them.</param>
/// <param name="Config">Null where the files cannot be judged, for the reason in <paramref name="Problem"/>.</param>
/// <param name="Listeners">Where its process listens; null where it does not run or that cannot be seen.</param>
/// <param name="Stale">Why the running process may not be what the files say, or null.</param>
/// <param name="Version">Of the catalina jar; null where it is not known.</param>
sealed record TomcatLook(Machine Machine, Machine Files, Instance Instance, ServerConfig? Config, string? Problem, IReadOnlyList<DaemonAddress>? Listeners, string? Stale, TomcatVersion? Version)
{
    /// <exception cref="IOException">Nothing can be said of this Tomcat.</exception>
    public static TomcatLook At(Machine machine, Instance instance)
    {
        if (Elsewhere(machine, instance) is { } elsewhere) throw new IOException(elsewhere);
        var files = machine.ReadingAs(instance.Reader(machine));
        var (config, problem) = ReadConfig(files, instance);
        return new TomcatLook(machine, files, instance, config, problem, ListenersOf(machine, instance), config is null ? null : StaleReason(machine, instance, config.Files), TomcatVersion.Find(machine, instance));
    }

    /// <summary>
    /// One verdict on this Tomcat's files. What cannot be read or resolved is unknown; and where the running process is older than
    /// the files, what they say is told and not taken for what runs.
    /// </summary>
    public IEnumerable<Finding> Judge(Rule rule, Func<ServerConfig, IEnumerable<Finding>> judge)
    {
        if (Config is null) return [Finding.Unknown(rule, Instance.Subject, Problem!)];
        try
        {
            return [.. judge(Config).Select(Doubt)];
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return [Finding.Unknown(rule, Instance.Subject, e.Message)];
        }
    }

    Finding Doubt(Finding finding) =>
        Stale is null || finding.Outcome is not (Outcome.Pass or Outcome.Fail) ? finding with { Message = finding.Message + Instance.Rest }
        : finding with { Outcome = Outcome.Unknown, Message = $"{Stale}; the file says: {finding.Message}" };

    static (ServerConfig? Config, string? Problem) ReadConfig(Machine machine, Instance instance)
    {
        try
        {
            return (ServerConfig.Read(machine, instance), null);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return (null, e.Message);
        }
    }

    static IReadOnlyList<DaemonAddress>? ListenersOf(Machine machine, Instance instance)
    {
        try
        {
            return instance.Process is null ? null : DaemonAddress.Of(machine.Unwatched(), instance.Process.Pid);
        }
        catch (IOException)
        {
            return null;
        }
    }

    static string? StaleReason(Machine machine, Instance instance, IReadOnlyList<string> files)
    {
        if (instance.Process is null) return null;
        if (instance.Process.Started is not { } started) return "when it was started is not known";
        return files.FirstOrDefault(file => machine.Status(file) is { } status && status.Touched >= started - RunningVerdict.StartError) is { } newer ? $"{newer} was changed after Tomcat was started" : null;
    }

    /// <summary>Why the files that the process sees are not those of this host (a container, or files mounted for it alone), or null.</summary>
    static string? Elsewhere(Machine machine, Instance instance)
    {
        // A recorded host has no link to follow.
        if (instance.Process is not { } process || !machine.IsLive) return null;
        if (process.IsElsewhere) return "it runs in a container, or that cannot be seen (CAP_SYS_PTRACE): its files are not those of this host";
        var (here, there) = (machine.Status(instance.ConfigFile), machine.Status($"/proc/{process.Pid}/root{instance.ConfigFile}"));
        return here is not null && there is not null && here.Inode == there.Inode && here.Changed == there.Changed ? null
            : here is null && there is null ? $"{instance.ConfigFile} is missing"
            : "it runs in a mount namespace of its own: its configuration is not that of this host";
    }
}
