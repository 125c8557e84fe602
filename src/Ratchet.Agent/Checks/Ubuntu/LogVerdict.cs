using System.Net;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Whether what is logged on this host, logins among it, also leaves it, and over TLS to a receiver that proves who it is.</summary>
static class LogVerdict
{
    const string Rsyslog = "rsyslog.service", Subject = "logs";

    /// <summary>Others that may carry logs away; what they forward is not read.</summary>
    static readonly string[] Shippers = ["filebeat.service", "elastic-agent.service", "vector.service", "fluent-bit.service", "td-agent.service", "promtail.service", "alloy.service", "amazon-cloudwatch-agent.service", "syslog-ng.service", "journalbeat.service"];

    public static Finding Judge(Machine machine)
    {
        var quiet = machine.Unwatched();
        var found = new List<Forwarding>();
        var changed = new List<string>();
        if (ServiceProcess.Of(quiet, Rsyslog) is { IsStopped: false } rsyslog)
        {
            var config = RsyslogConfig.Read(machine);
            found.AddRange(Arriving(machine, quiet, config));
            changed.AddRange(Newer(machine, config.Files, rsyslog));
        }
        if (ServiceProcess.Of(quiet, JournalUpload.Unit) is { IsStopped: false } upload && JournalUpload.Read(machine) is { Url: not null } journal)
        {
            found.Add(new Forwarding(journal.Host, journal.IsEncrypted ? "HTTPS" : null, journal.ChecksReceiver, TakesAuth: true, journal.Files[^1]));
            changed.AddRange(Newer(machine, journal.Files, upload));
        }
        return Judge(found, changed, Shippers.Where(unit => ServiceProcess.Of(quiet, unit) is not null).ToArray());
    }

    /// <summary>rsyslog forwards no login that does not come to it.</summary>
    static IEnumerable<Forwarding> Arriving(Machine machine, Machine quiet, RsyslogConfig config)
    {
        var journal = JournalForward.Read(machine);
        var changed = ServiceProcess.Of(quiet, JournalForward.Unit) is { } journald ? Newer(machine, journal.Files, journald).FirstOrDefault() : null;
        var (arrive, why) = config.Inputs.Judge(journal, changed);
        return config.Forwardings.Select(forwarding => arrive switch
        {
            true => forwarding,
            false => forwarding with { TakesAuth = false, Why = why },
            null => forwarding.TakesAuth == true ? forwarding with { TakesAuth = null, Why = why } : forwarding,
        });
    }

    internal static Finding Judge(IReadOnlyList<Forwarding> found, IReadOnlyList<string> changed, IReadOnlyList<string> shippers)
    {
        var rule = UbuntuRules.AuditLogged;
        var evidence = new Evidence { { "forwardings", found.Select(Describe) }, { "changedSinceStart", changed.Count > 0 ? changed : null }, { "shippers", shippers.Count > 0 ? shippers : null } };
        if (found.FirstOrDefault(forwarding => forwarding.Encryption is null && Sends(forwarding) && !IsHere(forwarding.Target)) is { } clear)
            return Finding.Fail(rule, Subject, $"logs go to {clear.Target} in clear ({clear.File})", evidence);
        var good = found.FirstOrDefault(forwarding => forwarding is { Encryption: not null, AuthenticatesReceiver: true, TakesAuth: true } && !IsHere(forwarding.Target));
        if (good is not null)
            return changed.Count > 0
                ? Finding.Unknown(rule, Subject, $"{changed[0]} was changed since the service that reads it was started: what runs is not what it says", evidence)
                : Finding.Pass(rule, Subject, $"logs, logins among them, go to {good.Target} over {good.Encryption}", evidence);
        if (found.FirstOrDefault(forwarding => forwarding is { Encryption: not null, AuthenticatesReceiver: false, TakesAuth: true } && !IsHere(forwarding.Target)) is { } anyone)
            return Finding.Fail(rule, Subject, $"logs go to {anyone.Target} over {anyone.Encryption}, and nothing checks that it is {anyone.Target} ({anyone.File})", evidence);
        if (found.FirstOrDefault(forwarding => IsHere(forwarding.Target)) is { } local) return Finding.Unknown(rule, Subject, $"logs go to {local.Target}, a program on this host: where it sends them is not known ({local.File})", evidence);
        if (found.FirstOrDefault(forwarding => forwarding.TakesAuth is null) is { } some)
            return Finding.Unknown(rule, Subject, some.Why is not null ? $"logs go to {some.Target}; whether logins are among them is not known: {some.Why}" : $"logs go to {some.Target} under a condition, or in a form, that this agent does not judge ({some.File})", evidence);
        if (shippers.Count > 0) return Finding.Unknown(rule, Subject, $"{shippers[0]} runs: what it sends where is not judged", evidence);
        return found.Count > 0
            ? Finding.Fail(rule, Subject, $"logins (auth, authpriv) are not among the logs that go to {found[0].Target}{(found[0].Why is { } why ? ": " + why : "")}", evidence)
            : Finding.Fail(rule, Subject, "logs stay on this host: neither rsyslog nor systemd-journal-upload sends them anywhere", evidence);
    }

    /// <summary>Logins or other messages: only what stands under a condition of its own perhaps sends nothing.</summary>
    static bool Sends(Forwarding forwarding) => forwarding.TakesAuth switch
    {
        true => true,
        false => forwarding.Why is null,
        null => forwarding.Why is not null,
    };

    static Evidence Describe(Forwarding forwarding) => new()
    {
        { "target", forwarding.Target }, { "encryption", forwarding.Encryption ?? "none" }, { "checksReceiver", forwarding.AuthenticatesReceiver }, { "takesLogins", forwarding.TakesAuth }, { "file", forwarding.File },
    };

    static IEnumerable<string> Newer(Machine machine, IEnumerable<string> files, ServiceProcess process) =>
        files.Where(path => process.Started is { } started && machine.Status(path) is { } status && status.Touched > started);

    static bool IsHere(string target) => target is "localhost" or "" || (IPAddress.TryParse(target, out var address) && IPAddress.IsLoopback(address));
}
