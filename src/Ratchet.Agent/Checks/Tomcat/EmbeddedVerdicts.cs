using System.Globalization;
using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// A Tomcat inside an application has no server.xml: its configuration lies in the jar, in the environment and in arguments. What it
/// does shows in its threads, which Tomcat names after its connectors: <c>http-nio-8080-Acceptor</c> is plain,
/// <c>https-jsse-nio-8443-Acceptor</c> is TLS.
/// </summary>
static class EmbeddedVerdicts
{
    static readonly Rule[] OfFiles =
    [
        TomcatRules.ShutdownClosed, TomcatRules.ManagerRestricted, TomcatRules.UsersSafe, TomcatRules.AutoDeployOff, TomcatRules.FilesProtected, TomcatRules.RunningConfigCurrent,
    ];

    public static IEnumerable<Finding> Judge(Machine machine, DistributionPackage packages, Instance instance)
    {
        var (process, subject) = (instance.Process!, instance.Subject);
        const string inside = "it runs inside an application, and has no configuration files of its own";
        return
        [
            .. OfFiles.Select(rule => Finding.NotApplicable(rule, subject, inside)),
            Finding.NotApplicable(TomcatRules.VersionHidden, subject, "it runs inside an application, whose error pages are its own"),
            AccessLog(machine, process, subject),
            Connectors(machine, process, subject),
            process.HasThread("ajp-") ? Finding.Unknown(TomcatRules.AjpProtected, subject, "it speaks AJP, and whether it asks for a secret stands inside the application") : Finding.NotApplicable(TomcatRules.AjpProtected, subject, "no AJP connector runs"),
            SupportVerdict.Judge(machine, packages, TomcatVersion.Find(machine, instance), subject, ""),
        ];
    }

    /// <summary>The valve keeps its file open from the start of Tomcat on, whatever it is called in the application's settings.</summary>
    static Finding AccessLog(Machine machine, JavaProcess process, string subject)
    {
        var rule = TomcatRules.AccessLogged;
        try
        {
            var quiet = machine.Unwatched();
            var log = (quiet.ListNumbers($"/proc/{process.Pid}/fd") ?? []).Take(TomcatVersion.DescriptorLimit).Select(name => quiet.ReadLink($"/proc/{process.Pid}/fd/{name}")).FirstOrDefault(link => link is not null && Path.GetFileName(link).Contains("access_log", StringComparison.Ordinal));
            return log is not null ? Finding.Pass(rule, subject, "requests are logged", new Evidence { { "directory", Path.GetDirectoryName(log) } })
                : Finding.Unknown(rule, subject, "it runs inside an application, and has no access log open that is known as one: set server.tomcat.accesslog.enabled");
        }
        catch (IOException e)
        {
            return Finding.Unknown(rule, subject, $"whether it has an access log open cannot be seen: {e.Message}");
        }
    }

    static Finding Connectors(Machine machine, JavaProcess process, string subject)
    {
        var rule = TomcatRules.ConnectorsEncrypted;
        var plain = process.Threads.Where(IsPlain).ToArray();
        var (tls, ports) = (process.HasThread("https-"), plain.Select(PortOf).OfType<int>().ToHashSet());
        var evidence = new Evidence { { "tls", tls }, { "plain", plain.Length > 0 } };
        if (plain.Length == 0) return tls ? Finding.Pass(rule, subject, "all its connectors speak TLS", evidence) : Finding.NotApplicable(rule, subject, "no HTTP connector runs");
        try
        {
            var listeners = DaemonAddress.Of(machine.Unwatched(), process.Pid);
            // The port is cut off where the name begins with an address or a kind (15 characters).
            var candidates = listeners.Where(listener => ports.Count == 0 || ports.Contains(listener.Port)).ToArray();
            if (candidates.Length == 0) return Finding.Unknown(rule, subject, "it has a plain HTTP connector, and where that listens cannot be seen", evidence);
            var open = candidates.Where(listener => Listener.ReachOf(listener.Address) != Reach.Loopback).ToArray();
            evidence.Add("listeners", candidates.Select(listener => $"{listener.Address}:{listener.Port.ToString(CultureInfo.InvariantCulture)}"));
            if (open.Length == 0) return Finding.Pass(rule, subject, "it speaks plain HTTP to this host alone", evidence);
            return ports.Count > 0 || (!tls && open.Length == candidates.Length) ? Finding.Fail(rule, subject, $"it speaks plain HTTP on port {open[0].Port}, and can be reached from outside", evidence)
                : Finding.Unknown(rule, subject, "it has a plain HTTP connector, and which of its listeners that is cannot be told", evidence);
        }
        catch (IOException e)
        {
            return Finding.Unknown(rule, subject, $"it has a plain HTTP connector, and where that listens cannot be seen: {e.Message}", evidence);
        }
    }

    internal static bool IsPlain(string thread) => thread.StartsWith("http-nio", StringComparison.Ordinal) || thread.StartsWith("http-apr", StringComparison.Ordinal);

    /// <summary>Of <c>http-nio-8080-A</c> 8080; null where the number may be cut off or is part of an address.</summary>
    internal static int? PortOf(string thread) =>
        thread.Split('-') is [_, _, var port, _, ..] && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
