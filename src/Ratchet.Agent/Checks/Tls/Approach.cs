using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>What a listener is asked first.</summary>
enum Opening
{
    /// <summary>A handshake at once.</summary>
    Tls,

    /// <summary>It is heard for a while first: a mail server greets, and so does what speaks something else.</summary>
    Listen,

    /// <summary>PostgreSQL's request for TLS.</summary>
    Postgres,

    /// <summary>A page, in clear.</summary>
    Http,
}

/// <summary>How a listener is met: asked, or left alone with a verdict.</summary>
/// <param name="Opening">Null: it is not connected to, and <paramref name="Reason"/> says why.</param>
/// <param name="IsExempt">Of one that is left alone: the rules do not speak of it. Else nobody knows what it speaks.</param>
sealed record Approach(Opening? Opening, bool IsExempt = false, string Reason = "")
{
    static Approach Exempt(string reason) => new(null, true, reason);

    static Approach Leave(string reason) => new(null, false, reason);

    /// <summary>
    /// A probe must not do harm. What counts broken handshakes against the host (MySQL), takes a stranger's bytes for commands, or
    /// takes one connection only, is left alone; so are a JVM's ports that the policy does not mark, for one may be its debugger's, AJP's
    /// or Tomcat's shutdown port.
    /// </summary>
    public static Approach To(Listener listener, Wire? wire, string? source, Machine machine)
    {
        if (wire == Wire.Plain) return Exempt($"{source} marks it plain: it is not connected to");
        if (wire == Wire.Own) return Exempt($"{source} says that it encrypts by a protocol of its own: it is not connected to");
        if (wire is null && IsSsh(listener)) return Exempt("it is an SSH server, which the sshd rules judge");
        if (wire is null && listener.Holders.Any(holder => holder.Unit == "salt-master.service")) return Exempt("it is the Salt master, which encrypts by a protocol of its own");
        if (listener.Namespace is { } space) return Leave($"it listens in another network namespace ({space}), where this agent cannot connect");
        if (listener.IsWaiting) return Leave("its service does not run, and a connection would start it");
        if (listener.Holders.Count == 0 && wire is null) return Leave($"who holds it is not known (that can take CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH), and so it is not connected to; {Mark}");
        if (listener.Holders.Any(holder => holder.Program is null)) return Leave("its program may not be looked at without CAP_SYS_PTRACE, and so it is not connected to");
        var programs = listener.Holders.Select(holder => Path.GetFileName(holder.Program!)).ToArray();
        if (programs.FirstOrDefault(Counting.Contains) is { } counting) return Leave($"{counting} counts broken handshakes against this host, and so it is not connected to");
        if (wire is null && programs.FirstOrDefault(Fragile.Contains) is { } fragile) return Leave($"{fragile} is not connected to: a stranger's bytes may disturb it; {Mark}");
        if (programs.Any(Postgres.Contains)) return new Approach(Tls.Opening.Postgres);
        if (wire is null && programs.Any(Java.Contains)) return Leave(JvmPort);
        return new Approach(wire == Wire.Redirect ? Tls.Opening.Http : programs.All(WaitForClients) ? Tls.Opening.Tls : Tls.Opening.Listen);
    }

    const string JvmPort = "a port of a JVM may be AJP's, JMX's or Tomcat's shutdown port, which a handshake would disturb; " + Mark;

    const string Mark = "say in ports.allow what it speaks (\"wire\")";

    // MySQL blocks a host after max_connect_errors (100) of them; SQL Server and Oracle answer TLS only inside their own protocol.
    static readonly string[] Counting = ["mysqld", "mariadbd", "mysqlrouter", "sqlservr", "tnslsnr"];

    // Databases, brokers, printers, and programs that end after one connection.
    static readonly string[] Fragile =
    [
        "redis-server", "redis-sentinel", "valkey-server", "keydb-server", "memcached", "mongod", "mongos", "etcd", "influxd", "clickhouse-server", "clickhouse", "beam.smp", "epmd",
        "slapd", "p910nd", "nc", "nc.openbsd", "nc.traditional", "ncat", "netcat", "socat", "rpcbind", "smbd", "gdbserver",
    ];

    static readonly string[] Java = ["java", "jsvc"];

    static readonly string[] Postgres = ["postgres", "pgbouncer"];

    // They wait for the client to speak.
    static readonly string[] ClientsFirst = ["nginx", "apache2", "httpd", "haproxy", "caddy", "envoy", "lighttpd", "traefik", "node_exporter"];

    static bool IsSsh(Listener listener) =>
        listener.IsWaiting ? IsSsh(listener.Socket?.Service) || IsSsh(listener.Socket?.Name)
        : listener.Holders.Count > 0 && HolderMatch.Judged(listener).All(holder => (holder.Program?.StartsWith("/usr/", StringComparison.Ordinal) == true && Path.GetFileName(holder.Program) is "sshd" or "sshd-session") || (holder.Program is null && IsSsh(holder.Unit)));

    static bool IsSsh(string? unit) => unit is "ssh.service" or "sshd.service" or "ssh.socket" or "sshd.socket" || unit?.StartsWith("ssh@", StringComparison.Ordinal) == true;

    /// <summary>Right before the first connection: why there is none after all. Null: there may be one.</summary>
    public static string? Objection(Listener listener, Wire? wire, Machine machine)
    {
        if (listener.Holders.Count > 0 && listener.Holders.All(holder => ClientsFirst.Contains(Path.GetFileName(holder.Program)))) return null;
        foreach (var process in listener.Processes)
            try
            {
                if (!JavaMaps.HasJvm(machine, process)) continue;
                if (JavaMaps.Read(machine, process) is { HasDebugger: true }) return "the debugger is loaded into this JVM (jvm.debugger-off), and no port of it is connected to";
                if (wire is null) return JvmPort;
            }
            catch (IOException e)
            {
                return $"whether it is a JVM with a debugger cannot be seen, and so it is not connected to: {e.Message}";
            }
        return null;
    }

    static bool WaitForClients(string program) => ClientsFirst.Contains(program) || Java.Contains(program);
}
