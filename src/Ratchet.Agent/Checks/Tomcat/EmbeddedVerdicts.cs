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

    public static IEnumerable<Finding> Judge(Machine machine, Instance instance)
    {
        var (process, subject) = (instance.Process!, instance.Subject);
        const string inside = "it runs inside an application, and has no configuration files of its own";
        return
        [
            .. OfFiles.Select(rule => Finding.NotApplicable(rule, subject, inside)),
            Finding.Unknown(TomcatRules.VersionHidden, subject, "it runs inside an application, which decides over its error pages"),
            Finding.Unknown(TomcatRules.AccessLogged, subject, "it runs inside an application, which decides over its access log"),
            Connectors(machine, process, subject),
            process.HasThread("ajp-") ? Finding.Unknown(TomcatRules.AjpProtected, subject, "it speaks AJP, and whether it asks for a secret stands inside the application") : Finding.NotApplicable(TomcatRules.AjpProtected, subject, "no AJP connector runs"),
            SupportVerdict.Judge(machine, TomcatVersion.Find(machine, instance), subject, ""),
        ];
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

    static bool IsPlain(string thread) => thread.StartsWith("http-nio", StringComparison.Ordinal) || thread.StartsWith("http-apr", StringComparison.Ordinal);

    /// <summary>Of <c>http-nio-8080-A</c> 8080; null where the number may be cut off or is part of an address.</summary>
    internal static int? PortOf(string thread) =>
        thread.Split('-') is [_, _, var port, _, ..] && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
