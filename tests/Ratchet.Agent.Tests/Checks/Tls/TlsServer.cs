using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>A real server on a free port of loopback, gone after the test.</summary>
sealed class TlsServer : IDisposable
{
    readonly Process process;

    TlsServer(int port, string program, params string[] arguments)
    {
        Port = port;
        process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.ErrorDataReceived += (_, line) => { lock (errors) errors.Add(line.Data ?? ""); };
        process.BeginErrorReadLine();
    }

    readonly List<string> errors = [];

    public int Port { get; }

    public int Id => process.Id;

    /// <summary>openssl s_server with a certificate and these options besides.</summary>
    public static async Task<TlsServer> OpensslAsync((string Certificate, string Key) identity, params string[] options)
    {
        var port = FreePort();
        return await new TlsServer(port, "/usr/bin/openssl", ["s_server", "-quiet", "-www", "-accept", $"127.0.0.1:{port}", "-cert", identity.Certificate, "-key", identity.Key, .. options]).UpAsync(port);
    }

    /// <summary>nginx with these server blocks, in which PORT0, PORT1, … stand for free ports of 127.0.0.1, NUMBER0, … for their numbers.</summary>
    public static async Task<(TlsServer Server, int[] Ports)> NginxAsync(Folder folder, string servers)
    {
        int[] ports = [FreePort(), FreePort(), FreePort()];
        for (var i = 0; i < ports.Length; i++) servers = servers.Replace($"PORT{i}", $"127.0.0.1:{ports[i]}", StringComparison.Ordinal).Replace($"NUMBER{i}", $"{ports[i]}", StringComparison.Ordinal);
        var kinds = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(kind => $"{kind}_temp_path {folder.Path}/{kind};\n"));
        var file = folder.Write("nginx.conf", $"daemon off;\npid {folder.Path}/pid;\nerror_log {folder.Path}/error.log info;\nworker_processes 2;\nevents {{}}\nhttp {{\naccess_log {folder.Path}/access.log;\n{kinds}{servers}\n}}\n");
        return (await new TlsServer(ports[0], "/usr/sbin/nginx", "-c", file, "-p", folder.Path).UpAsync(ports[0]), ports);
    }

    /// <summary>A JVM that waits for a debugger at its port.</summary>
    public static async Task<TlsServer> DebuggerAsync()
    {
        var port = FreePort();
        var server = new TlsServer(port, "/usr/bin/java", $"-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=127.0.0.1:{port}", "-version");
        await Wait.UntilAsync(() => new Machine("/", Command.RunAsync).ReadText("/proc/net/tcp")!.Contains($"0100007F:{port:X4} 00000000:0000 0A", StringComparison.Ordinal), "the debugger listens");
        return server;
    }

    /// <summary>What it said on standard error.</summary>
    public string Errors
    {
        get { lock (errors) return string.Join('\n', errors); }
    }

    public bool IsRunning => !process.HasExited;

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static Task<WireFacts> AskAsync(int port, Opening opening = Opening.Tls, params string[] names) => AskAsync(port, opening, null, names);

    public static Task<WireFacts> AskAsync(int port, Opening opening, TimeSpan? patience, params string[] names)
    {
        var server = new IPEndPoint(IPAddress.Loopback, port);
        return new ListenerProbe(server, server, opening, names, patience).AskAsync(CancellationToken.None);
    }

    /// <summary>As a wildcard is asked: through 127.0.0.1, and through the other address besides.</summary>
    public static Task<WireFacts> AskWildcardAsync(int port, string other) =>
        new WildcardProbe(new ListenerProbe(new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.Loopback, port), Opening.Tls, []), [new IPEndPoint(IPAddress.Parse(other), port)]).AskAsync(CancellationToken.None);

    /// <summary>A listener that other hosts can reach, held by a program.</summary>
    public static Listener NewListener(int port = 443, string program = "/usr/sbin/nginx", params int[] processes) =>
        new(Protocol.Tcp, IPAddress.Parse("192.0.2.1"), port, null, [new Holder(program, false, "root", null, null, false)], null, null) { Processes = processes, Inodes = [1] };

    /// <summary>The verdict of each rule that has one.</summary>
    public static Dictionary<Rule, Finding> Judge(WireFacts facts, Wire? wire = null, TlsSettings? settings = null, TrueTime? time = null, params string[] names)
    {
        var target = new TlsTarget(NewListener(), wire, names, new Approach(Opening.Tls));
        var certificates = new CertificateVerdict(settings ?? new(), new Machine("/", Command.RunAsync), time ?? TrueTime.Of(DateTimeOffset.UtcNow));
        return ((IReadOnlyList<Finding>)[.. WireVerdicts.Judge(target, facts, () => certificates.Judge(target, facts))]).Note().ToDictionary(finding => finding.Rule);
    }

    async Task<TlsServer> UpAsync(int port)
    {
        await Wait.UntilAsync(() => !IsRunning || Answers(port), "the server listens");
        Assert.True(IsRunning, Errors);
        return this;
    }

    static bool Answers(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Stop()
    {
        if (IsRunning) process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    public void Dispose()
    {
        Stop();
        process.Dispose();
    }
}
