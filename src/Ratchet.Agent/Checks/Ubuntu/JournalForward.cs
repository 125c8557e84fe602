using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>What systemd-journald does with logins (journald.conf(5), and the kernel's command line, which counts more).</summary>
/// <param name="Forwards">It passes them on to a syslog daemon; null: its default in this release is not known.</param>
/// <param name="ForwardsBy">What says so: <c>/etc/systemd/journald.conf</c>.</param>
/// <param name="Stores">It stores them, for those who read the journal.</param>
sealed record JournalForward(bool? Forwards, string ForwardsBy, bool Stores, IReadOnlyList<string> Files)
{
    public const string Unit = "systemd-journald.service";

    // Logins are of severity info.
    static readonly string[] BelowInfo = ["emerg", "alert", "crit", "err", "warning", "notice", "0", "1", "2", "3", "4", "5"];
    static readonly string[] Levels = [.. BelowInfo, "info", "debug", "6", "7"];

    public static JournalForward Read(Machine machine)
    {
        var (settings, files) = SystemdSettings.Read(machine, "journald.conf");
        var all = settings.Where(setting => setting.Section == "Journal").Concat(OfKernel(machine)).ToArray();
        var forward = all.LastOrDefault(setting => setting.Key == "ForwardToSyslog" && Boolean(setting.Value) is not null);
        var level = all.LastOrDefault(setting => setting.Key == "MaxLevelSyslog" && Levels.Contains(setting.Value));
        var (forwards, by) = forward.Key is null ? (Default(machine), "systemd's default") : (Boolean(forward.Value), forward.File);
        if (forwards != false && level.Key is not null && BelowInfo.Contains(level.Value)) (forwards, by) = (false, level.File);
        return new JournalForward(forwards, by, IsStored(all), files);
    }

    static bool IsStored(IReadOnlyList<UnitSetting> settings) =>
        settings.LastOrDefault(setting => setting is { Key: "Storage", Value: "volatile" or "persistent" or "auto" or "none" }).Value != "none"
        && !BelowInfo.Contains(settings.LastOrDefault(setting => setting.Key == "MaxLevelStore" && Levels.Contains(setting.Value)).Value ?? "");

    /// <summary>
    /// Ubuntu changed systemd's default to yes by a patch, and from 24.04 on by the file /usr/lib/systemd/journald.conf.d/syslog.conf;
    /// without that file it is no.
    /// </summary>
    static bool? Default(Machine machine) => OsReleaseFile.Read(machine).GetValueOrDefault("VERSION_ID") switch
    {
        "18.04" or "20.04" or "22.04" => true,
        "24.04" or "24.10" or "25.04" or "25.10" or "26.04" => false,
        _ => null,
    };

    static IEnumerable<UnitSetting> OfKernel(Machine machine)
    {
        const string File = "/proc/cmdline";
        foreach (var word in (machine.ReadText(File) ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = word.Split('=', 2) is [var first, var second] ? (first, second) : (word, "yes");
            if (name.Replace('-', '_') is "systemd.journald.forward_to_syslog") yield return new UnitSetting("Journal", "ForwardToSyslog", value, File, 1);
            if (name.Replace('-', '_') is "systemd.journald.max_level_syslog") yield return new UnitSetting("Journal", "MaxLevelSyslog", value, File, 1);
            if (name.Replace('-', '_') is "systemd.journald.max_level_store") yield return new UnitSetting("Journal", "MaxLevelStore", value, File, 1);
        }
    }

    /// <summary>systemd.syntax(7); what is neither is passed over.</summary>
    static bool? Boolean(string value) => value.ToLowerInvariant() switch
    {
        "1" or "yes" or "y" or "true" or "t" or "on" => true,
        "0" or "no" or "n" or "false" or "f" or "off" => false,
        _ => null,
    };
}
