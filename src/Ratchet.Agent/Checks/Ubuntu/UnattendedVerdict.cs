using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Whether security updates install themselves: the package, apt's configuration, the timer, and that it really ran.</summary>
static class UnattendedVerdict
{
    const string Stamp = "/var/lib/apt/periodic/unattended-upgrades-stamp", Timer = "apt-daily-upgrade.timer";
    const string Wants = "/etc/systemd/system/timers.target.wants/" + Timer;

    // Beyond the configured interval: the timer waits up to an hour, a host may be down over a weekend's end.
    static readonly TimeSpan Patience = TimeSpan.FromDays(2);

    public static Finding Judge(Machine machine, OsRelease host, AptState apt)
    {
        var rule = UbuntuRules.UnattendedUpgrades;
        if (apt.UnattendedUpgrades is not { } version) return Finding.Fail(rule, rule.Area, "the package unattended-upgrades is not installed: security updates wait for somebody");
        var config = AptConfig.Read(machine);
        var interval = config.Value("APT::Periodic::Unattended-Upgrade");
        var blacklist = config.List("Unattended-Upgrade::Package-Blacklist");
        var evidence = new Evidence { { "version", version }, { "interval", interval }, { "origins", config.List("Unattended-Upgrade::Allowed-Origins").Concat(config.List("Unattended-Upgrade::Origins-Pattern")) }, { "blacklist", blacklist.Count > 0 ? blacklist : null } };
        var failure = Disabled(config) ?? (TakesSecurity(config, host.Codename) ? null : $"no origin that unattended-upgrades may take from is {host.Codename}-security") ?? OfTimer(machine);
        if (failure is not null) return Finding.Fail(rule, rule.Area, failure, evidence);
        // The stamp is written at each run: it must not start the check anew.
        var ran = machine.Unwatched().Status(Stamp)?.Modified;
        evidence.Add("lastRun", ran);
        var days = Days(interval!) ?? throw new FormatException($"APT::Periodic::Unattended-Upgrade: not an interval: {Printable.Clean(interval!, 64)}");
        var limit = TimeSpan.FromDays(Math.Min(days, 3650)) + Patience;
        if (machine.Now - (ran ?? DateTimeOffset.MinValue) > limit)
        {
            if (Booted(machine) is { } boot && machine.Now - boot < Patience) return Finding.Unknown(rule, rule.Area, "unattended-upgrades has not run for long, and the host was started less than two days ago: its next run is awaited", evidence);
            return Finding.Fail(rule, rule.Area, ran is null ? "unattended-upgrades is turned on and has never run" : $"unattended-upgrades is turned on and ran last on {ran.Value.UtcDateTime:yyyy-MM-dd}", evidence);
        }
        var but = blacklist.Count > 0 ? $", but for {string.Join(", ", blacklist.Take(5))}" : "";
        return Finding.Pass(rule, rule.Area, $"security updates install themselves{but}; the last run was on {ran?.UtcDateTime:yyyy-MM-dd}", evidence);
    }

    static string? Disabled(AptConfig config)
    {
        if (config.Value("APT::Periodic::Enable") is { } enabled && IsOff(enabled)) return "APT::Periodic::Enable is off: apt does nothing by itself";
        if (IsOff(config.Value("APT::Periodic::Unattended-Upgrade"))) return "APT::Periodic::Unattended-Upgrade is off: updates are not installed by themselves";
        return IsOff(config.Value("APT::Periodic::Update-Package-Lists")) ? "APT::Periodic::Update-Package-Lists is off: new updates are not heard of" : null;
    }

    /// <summary>Days, or a number with s, m, h or d, or <c>always</c> (apt.systemd.daily).</summary>
    static bool IsOff(string? interval) => interval is null or "" || interval.TrimEnd('s', 'm', 'h', 'd').All(digit => digit == '0');

    static double? Days(string interval) => interval == "always" ? 1 : int.TryParse(interval.TrimEnd('s', 'm', 'h', 'd'), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
        ? interval[^1] switch { 's' => number / 86400d, 'm' => number / 1440d, 'h' => number / 24d, _ => (double)number } : null;

    static string? OfTimer(Machine machine)
    {
        if (machine.ReadLink("/etc/systemd/system/" + Timer) == "/dev/null") return $"{Timer} is masked";
        return machine.Status(Wants, follow: false) is null ? $"{Timer} is not enabled" : null;
    }

    /// <summary>Allowed-Origins: <c>ORIGIN:SUITE</c>; Origins-Pattern: <c>origin=Ubuntu,archive=…</c>, where what is not said is any.</summary>
    static bool TakesSecurity(AptConfig config, string codename)
    {
        var suite = codename + "-security";
        return config.List("Unattended-Upgrade::Allowed-Origins").Select(Expand).Any(origin => origin.Split(':') is [var from, var archive] && Wildcard.Matches(from, "Ubuntu") && Wildcard.Matches(archive, suite))
            || config.List("Unattended-Upgrade::Origins-Pattern").Select(Expand).Any(Fits);

        string Expand(string text) => text.Replace("${distro_id}", "Ubuntu", StringComparison.Ordinal).Replace("${distro_codename}", codename, StringComparison.Ordinal);

        bool Fits(string pattern) => pattern.Split(',').Select(part => part.Split('=', 2)).All(pair => pair is [var key, var value] && key.Trim() switch
        {
            "origin" or "o" => Wildcard.Matches(value.Trim(), "Ubuntu"),
            "archive" or "suite" or "a" => Wildcard.Matches(value.Trim(), suite),
            "codename" or "n" => Wildcard.Matches(value.Trim(), codename),
            "label" or "l" => Wildcard.Matches(value.Trim(), "Ubuntu"),
            _ => false,
        });
    }

    static DateTimeOffset? Booted(Machine machine)
    {
        foreach (var line in (machine.ReadText("/proc/stat") ?? "").Split('\n'))
            if (line.StartsWith("btime ", StringComparison.Ordinal) && long.TryParse(line.AsSpan(6), out var seconds) && seconds is > 0 and < uint.MaxValue) return DateTimeOffset.FromUnixTimeSeconds(seconds);
        return null;
    }
}
