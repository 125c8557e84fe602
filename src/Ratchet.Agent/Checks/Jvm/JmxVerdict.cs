using System.Globalization;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>
/// Whether remote management is open, and how. The JVM's own performance data is the live truth (options may stand in files, and
/// the agent may be started later); an option that says "no password" outweighs it, because that file is the judged user's.
/// </summary>
static class JmxVerdict
{
    const string Prefix = "com.sun.management.jmxremote";

    public static Finding Judge(Machine machine, JavaProcess process, PerfData? perf, string? obstacle, string subject)
    {
        var rule = JvmRules.JmxProtected;
        var remote = perf?.Remote;
        var told = process.Property($"{Prefix}.port") is not null;
        if (remote is null && !told) return WithoutConnector(process, perf, obstacle, subject);

        var (authenticate, tls) = (Value("authenticate"), Value("ssl"));
        var port = remote is not null ? PortOf(remote["remoteAddress"]) : int.TryParse(process.Property($"{Prefix}.port"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        var reach = ReachOf(machine, process, port);
        var evidence = new Evidence
        {
            { "authenticate", authenticate }, { "ssl", tls }, { "reach", reach?.ToString().ToLowerInvariant() }, { "seen_in", remote is not null ? "performance data" : "options" },
            // Without it the objects are on another port after each start; bound they are where the registry is.
            { "rmi_port", process.Property($"{Prefix}.rmi.port") is not null ? "set" : process.ShowsAllOptions ? "another at each start" : null },
        };
        if (authenticate == false) return Finding.Fail(rule, subject, $"remote management (JMX{(port is null ? "" : $" on port {port}")}) asks for no password", evidence);
        if (tls == false && reach is not Reach.Loopback)
            return reach is null
                ? Finding.Unknown(rule, subject, "remote management (JMX) is without TLS, and how far it can be reached could not be seen", evidence)
                : Finding.Fail(rule, subject, $"remote management (JMX on port {port}) sends its password without TLS", evidence);
        if (authenticate is null || tls is null)
            return Finding.Unknown(rule, subject, "remote management (JMX) is on, and whether it asks for a password over TLS stands where it cannot be seen", evidence);
        return Finding.Pass(rule, subject, tls.Value ? "remote management (JMX) asks for a password over TLS" : "remote management (JMX) asks for a password and listens on loopback alone", evidence);

        // Both default to true; what stands in a management file or in unread options is not known.
        bool? Value(string name) =>
            process.Property($"{Prefix}.{name}") is { } option && !IsTrue(option) ? false
            : remote?.GetValueOrDefault(name) is { } live ? IsTrue(live)
            : process.ShowsAllOptions && process.Property("com.sun.management.config.file") is null ? true
            : null;
    }

    static Finding WithoutConnector(JavaProcess process, PerfData? perf, string? obstacle, string subject)
    {
        var rule = JvmRules.JmxProtected;
        if (process.Property("com.sun.management.config.file") is not null && perf is null)
            return Finding.Unknown(rule, subject, "a management file decides over remote management (JMX), and the JVM shows no performance data");
        // The local connector, which jconsole asks for, takes connections from this host alone, and has such a thread too.
        if (process.HasThread("RMI TCP Accept") && perf is not { HasLocal: true })
            return Finding.Unknown(rule, subject, $"it takes RMI connections, and what for cannot be seen{(obstacle is null ? "" : $": {obstacle}")}");
        return Finding.Pass(rule, subject, "remote management (JMX) is off");
    }

    /// <summary>Of <c>service:jmx:rmi:///jndi/rmi://127.0.0.1:7199/jmxrmi</c> 7199.</summary>
    internal static int? PortOf(string address)
    {
        var path = address.LastIndexOf('/');
        var colon = path < 0 ? -1 : address.LastIndexOf(':', path);
        return colon >= 0 && int.TryParse(address.AsSpan(colon + 1, path - colon - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
    }

    /// <summary>As java.lang.Boolean reads it: anything else is false, also an option without a value.</summary>
    static bool IsTrue(string value) => value.Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>By the socket, not by the address that clients are told; null where it cannot be seen.</summary>
    static Reach? ReachOf(Machine machine, JavaProcess process, int? port)
    {
        try
        {
            var sockets = DaemonAddress.Of(machine, process.Pid).Where(socket => socket.Port == port).ToArray();
            return sockets.Length == 0 ? null : sockets.Max(socket => Listener.ReachOf(socket.Address));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
