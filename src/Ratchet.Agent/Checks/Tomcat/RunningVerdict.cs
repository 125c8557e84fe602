namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>Whether the running Tomcat is what its files say now: none is newer than it, and each connector listens.</summary>
static class RunningVerdict
{
    // The boot time in /proc/stat is in whole seconds, so a start is known to a second or two.
    public static readonly TimeSpan StartError = TimeSpan.FromSeconds(2);

    static readonly TimeSpan Starting = TimeSpan.FromMinutes(2);

    public static Finding Judge(TomcatLook look)
    {
        var (rule, subject) = (TomcatRules.RunningConfigCurrent, look.Instance.Subject);
        if (look.Instance.Process is not { } process)
            return look.Instance.Obstacle is { } obstacle ? Finding.Unknown(rule, subject, $"whether it runs cannot be seen: {obstacle}") : Finding.NotApplicable(rule, subject, "it does not run");
        if (look.Config is not { } config) return Finding.Unknown(rule, subject, look.Problem!);
        if (process.Started is not { } started) return Finding.Unknown(rule, subject, "when it was started is not known");
        var newer = config.Files.Where(file => look.Machine.Status(file) is { } status && status.Modified > started + StartError).ToArray();
        var evidence = new Evidence { { "started", started }, { "changed_since", newer.Length > 0 ? newer : null } };
        if (newer.Length > 0) return Finding.Fail(rule, subject, $"changed since Tomcat was started, and not restarted: {string.Join(", ", newer)}", evidence);
        if (look.Stale is { } stale) return Finding.Unknown(rule, subject, $"{stale}, in owner or mode, or replaced, or in the same moment: restart to be certain", evidence);
        if (look.Listeners is not { } listeners) return Finding.Unknown(rule, subject, "no file changed since the start, but where it listens cannot be seen: CAP_SYS_PTRACE is missing", evidence);
        try
        {
            var silent = config.Connectors.Select(element => Connector.Read(config, element)).Where(connector => connector.Port > 0 && !listeners.Any(listener => listener.Port == connector.Port)).Select(connector => connector.Label).ToArray();
            evidence.Add("silent", silent.Length > 0 ? silent : null);
            if (silent.Length == 0) return Finding.Pass(rule, subject, "no file changed since the start, and every connector listens", evidence);
            return look.Machine.Now - started < Starting ? Finding.Unknown(rule, subject, $"it is starting: {string.Join(", ", silent)} does not listen yet", evidence)
                : Finding.Fail(rule, subject, $"a connector of server.xml does not listen: {string.Join(", ", silent)}", evidence);
        }
        catch (FormatException e)
        {
            return Finding.Unknown(rule, subject, $"no file changed since the start, but {e.Message}", evidence);
        }
    }
}
