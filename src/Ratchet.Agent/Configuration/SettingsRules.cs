using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Configuration;

/// <summary>What a configuration must fulfil beyond its types.</summary>
static class SettingsRules
{
    const int NameLimit = 16;

    static readonly string[] Protocols = ["tcp", "udp", "sctp", "raw"];

    /// <summary>Each broken rule: the JSON path of the value, and what would be right.</summary>
    public static IEnumerable<(string Place, string Reason)> Broken(Settings settings)
    {
        if (settings.Host is { } host && (host.Length is 0 or > 255 || host != Printable.Clean(host, 255))) yield return ("$.host", "expected a host name of 1 to 255 printable characters");
        for (var i = 0; i < settings.Roles.Count; i++)
            if (!RolePolicies.ByRole.ContainsKey(settings.Roles[i])) yield return ($"$.roles[{i}]", $"there is no role {settings.Roles[i]}; there are {string.Join(", ", RolePolicies.ByRole.Keys)}");
        if (settings.Interval < TimeSpan.FromSeconds(10)) yield return ("$.interval", "expected at least 10s");
        if (settings.Snapshot < settings.Interval) yield return ("$.snapshot", "expected at least the interval");
        if (!settings.State.StartsWith('/')) yield return ("$.state", "expected an absolute path");
        if (settings.Ossec.LockGrace < TimeSpan.FromSeconds(5) || settings.Ossec.LockGrace > TimeSpan.FromHours(1)) yield return ("$.ossec.lockGrace", "expected 5s to 1h");
        foreach (var broken in OfLogstash(settings.Logstash)) yield return broken;
        foreach (var broken in OfPorts(settings.Ports)) yield return broken;
        foreach (var broken in OfWaivers(settings.Waivers)) yield return broken;
        foreach (var broken in OfDisk(settings.Disk)) yield return broken;
        foreach (var broken in OfPostgresql(settings.Postgresql)) yield return broken;
        foreach (var broken in OfTls(settings.Tls)) yield return broken;
        foreach (var broken in OfAlerts(settings.Alerts)) yield return broken;
        foreach (var broken in RegisterRules.Broken(settings.Access)) yield return broken;
        foreach (var broken in OfSystem(settings.Ubuntu, settings.Salt)) yield return broken;
        foreach (var broken in AwsSettingsRules.Broken(settings.Aws).Concat(OfMaintenance(settings.Maintenance))) yield return broken;
        for (var i = 0; i < settings.Tomcat.Bases.Count; i++)
            if (!settings.Tomcat.Bases[i].StartsWith('/')) yield return ($"$.tomcat.bases[{i}]", "expected an absolute path");
        for (var i = 0; i < settings.Ssh.Contexts.Count; i++)
            if (!System.Net.IPAddress.TryParse(settings.Ssh.Contexts[i].Address, out _)) yield return ($"$.ssh.contexts[{i}].address", "expected an IP address");
    }

    static IEnumerable<(string, string)> OfLogstash(LogstashSettings? logstash)
    {
        if (logstash is null) yield break;
        if (logstash.Urls.Count == 0) yield return ("$.logstash.urls", "expected at least one https address");
        for (var i = 0; i < logstash.Urls.Count; i++)
        {
            if (!Uri.TryCreate(logstash.Urls[i], UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttps)
                yield return ($"$.logstash.urls[{i}]", "expected an https address: findings do not travel in the clear");
            else if (url.UserInfo.Length > 0) yield return ($"$.logstash.urls[{i}]", "expected no user name or password: the client certificate is the credential");
        }
    }

    static IEnumerable<(string, string)> OfWaivers(IReadOnlyList<WaiverSettings> waivers)
    {
        for (var i = 0; i < waivers.Count; i++)
        {
            if (!waivers[i].Rule.Contains('.', StringComparison.Ordinal)) yield return ($"$.waivers[{i}].rule", "expected a rule's id, for instance sshd.forwarding");
            if (waivers[i].Subject.Length == 0) yield return ($"$.waivers[{i}].subject", "expected a subject, or * for all");
            if (string.IsNullOrWhiteSpace(waivers[i].Owner)) yield return ($"$.waivers[{i}].owner", "expected who answers for it");
            if (string.IsNullOrWhiteSpace(waivers[i].Reason)) yield return ($"$.waivers[{i}].reason", "expected why it is accepted");
        }
    }

    static IEnumerable<(string, string)> OfPorts(PortSettings ports)
    {
        for (var i = 0; i < ports.Allow.Count; i++)
            foreach (var (member, reason) in OfPort(ports.Allow[i])) yield return ($"$.ports.allow[{i}].{member}", reason);
        for (var i = 0; i < ports.Exceptions.Count; i++)
        {
            var exception = ports.Exceptions[i];
            foreach (var (member, reason) in OfPort(exception)) yield return ($"$.ports.exceptions[{i}].{member}", reason);
            if (string.IsNullOrWhiteSpace(exception.Owner)) yield return ($"$.ports.exceptions[{i}].owner", "expected who answers for it");
            if (string.IsNullOrWhiteSpace(exception.Reason)) yield return ($"$.ports.exceptions[{i}].reason", "expected why it is needed");
        }
    }

    static IEnumerable<(string Member, string Reason)> OfPort(PortEntry entry)
    {
        if (!Protocols.Contains(entry.Protocol)) yield return ("protocol", "expected tcp, udp, sctp or raw");
        else if (entry.Wire is not null && entry.Protocol != "tcp") yield return ("wire", "expected protocol tcp with it: nothing else is asked for TLS");
        if (entry.Names.Count > 0 && entry.Wire is Wire.Plain or Wire.Own) yield return ("names", "expected none: this listener is not asked for TLS");
        if (entry.Names.Count > NameLimit) yield return ("names", $"expected at most {NameLimit}: each is a handshake of its own");
        for (var i = 0; i < entry.Names.Count; i++)
            if (Uri.CheckHostName(entry.Names[i]) != UriHostNameType.Dns || !entry.Names[i].All(char.IsAscii)) yield return ($"names[{i}]", "expected a DNS name in ASCII letters");
    }

    static IEnumerable<(string, string)> OfTls(TlsSettings tls)
    {
        if (tls.CertificateAuthority?.StartsWith('/') == false) yield return ("$.tls.certificateAuthority", "expected an absolute path");
        for (var i = 0; i < tls.Certificates.Count; i++)
            if (!tls.Certificates[i].StartsWith('/')) yield return ($"$.tls.certificates[{i}]", "expected an absolute path");
        if (tls.Renewal < TimeSpan.FromDays(1) || tls.Renewal > TimeSpan.FromDays(365)) yield return ("$.tls.renewal", "expected 1d to 365d");
    }

    static IEnumerable<(string, string)> OfDisk(DiskSettings disk)
    {
        for (var i = 0; i < disk.Data.Count; i++)
            if (!disk.Data[i].StartsWith('/')) yield return ($"$.disk.data[{i}]", "expected an absolute path");
        for (var i = 0; i < disk.Volumes.Count; i++)
        {
            var volume = disk.Volumes[i];
            if (string.IsNullOrWhiteSpace(volume.Id)) yield return ($"$.disk.volumes[{i}].id", "expected a volume id (vol-…) or a serial number");
            else if (disk.Volumes.Take(i).Any(other => other.Id == volume.Id)) yield return ($"$.disk.volumes[{i}].id", "this volume is attested twice");
            if (string.IsNullOrWhiteSpace(volume.AttestedBy)) yield return ($"$.disk.volumes[{i}].attestedBy", "expected who answers for it");
        }
    }

    static IEnumerable<(string, string)> OfPostgresql(PostgresqlSettings postgresql)
    {
        if (string.IsNullOrWhiteSpace(postgresql.Role) || postgresql.Role is "root" or "postgres") yield return ("$.postgresql.role", "expected an account of its own, neither root nor postgres");
        for (var i = 0; i < postgresql.Backups.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(postgresql.Backups[i].Cluster)) yield return ($"$.postgresql.backups[{i}].cluster", "expected a cluster, for instance 16/main, or * for all");
            if (string.IsNullOrWhiteSpace(postgresql.Backups[i].AttestedBy)) yield return ($"$.postgresql.backups[{i}].attestedBy", "expected who answers for it");
        }
    }

    static IEnumerable<(string, string)> OfSystem(UbuntuSettings ubuntu, SaltSettings salt)
    {
        if (ubuntu.UpdateWithin > TimeSpan.FromDays(90)) yield return ("$.ubuntu.updateWithin", "expected at most 90d");
        if (ubuntu.ListAge < TimeSpan.FromHours(1) || ubuntu.ListAge > TimeSpan.FromDays(30)) yield return ("$.ubuntu.listAge", "expected 1h to 30d");
        if (salt.HighstateWithin < TimeSpan.FromMinutes(10) || salt.HighstateWithin > TimeSpan.FromDays(90)) yield return ("$.salt.highstateWithin", "expected 10m to 90d");
    }

    static IEnumerable<(string, string)> OfAlerts(AlertSettings alerts)
    {
        foreach (var severity in Enum.GetValues<Severity>())
        {
            var (place, times) = ($"$.alerts.{severity.ToString().ToLowerInvariant()}", alerts.Of(severity));
            if (times.Open > TimeSpan.FromDays(1)) yield return ($"{place}.open", "expected at most 1d: nobody hears of a failure before");
            if (times.Resolve > TimeSpan.FromDays(7)) yield return ($"{place}.resolve", "expected at most 7d");
            if (times.OpenSweeps is < 0 or > AlertTimes.SweepLimit) yield return ($"{place}.openSweeps", $"expected 1 to {AlertTimes.SweepLimit} sweeps, or 0 for none");
            if (times.ResolveSweeps is < 0 or > AlertTimes.SweepLimit) yield return ($"{place}.resolveSweeps", $"expected 1 to {AlertTimes.SweepLimit} sweeps, or 0 for none");
            if (times.Remind > TimeSpan.Zero && times.Remind < TimeSpan.FromMinutes(10)) yield return ($"{place}.remind", "expected at least 10m, or 0s for never");
        }
        if (alerts.Unknown < TimeSpan.FromMinutes(1) || alerts.Unknown > TimeSpan.FromDays(7)) yield return ("$.alerts.unknown", "expected 1m to 7d");
    }

    static IEnumerable<(string, string)> OfMaintenance(IReadOnlyList<MaintenanceSettings> windows)
    {
        for (var i = 0; i < windows.Count; i++)
        {
            if (windows[i].Until <= windows[i].From) yield return ($"$.maintenance[{i}].until", "expected a time after from");
            else if (windows[i].Until - windows[i].From > MaintenanceWindow.Limit) yield return ($"$.maintenance[{i}].until", "expected at most 24 hours after from");
            if (string.IsNullOrWhiteSpace(windows[i].Owner)) yield return ($"$.maintenance[{i}].owner", "expected who answers for it");
            if (string.IsNullOrWhiteSpace(windows[i].Reason)) yield return ($"$.maintenance[{i}].reason", "expected why alerts are held back");
        }
    }
}
