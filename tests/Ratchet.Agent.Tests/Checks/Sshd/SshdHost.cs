using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Sshd;

/// <summary>The tests that start a real sshd run one after the other: they share /run/sshd.</summary>
[CollectionDefinition(Name)]
public sealed class RealSshd
{
    public const string Name = "real sshd";
}

/// <summary>A temporary folder with a host key and room for a configuration; and, once started, a real sshd on loopback.</summary>
sealed class SshdHost : IDisposable
{
    /// <summary>A configuration that passes every rule on settings.</summary>
    public const string Hardened = """
        PermitRootLogin no
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        DisableForwarding yes
        MaxAuthTries 3
        LoginGraceTime 30
        AllowGroups ssh-users
        MACs hmac-sha2-512-etm@openssh.com
        HostKeyAlgorithms ssh-ed25519
        """;

    const string Separation = "/run/sshd";

    readonly StringBuilder log = new();
    readonly bool madeSeparation;
    Process? daemon;

    public SshdHost(string config, bool start = true, params string[] arguments)
        : this(config, start, _ => ["/usr/sbin/sshd"], arguments)
    {
    }

    /// <param name="program">What to start, given the folder: the path of an sshd, or a program before it that becomes it.</param>
    public SshdHost(string config, bool start, Func<string, string[]> program, params string[] arguments)
    {
        Folder = Directory.CreateTempSubdirectory("ratchet-sshd-").FullName;
        Port = FreePort();
        HostKey = Path.Combine(Folder, "host_key");
        Run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", HostKey);
        Config = Path.Combine(Folder, "sshd_config");
        Write(config);
        if (!start) return;
        madeSeparation = !Directory.Exists(Separation);
        Directory.CreateDirectory(Separation);
        // The mtime of the configuration must be clearly older than the start.
        Age(Config);
        Age(HostKey);
        Start([.. program(Folder), "-D", "-e", "-p", $"{Port}", "-f", Config, .. arguments]);
    }

    public string Folder { get; }

    public string Config { get; }

    public string HostKey { get; }

    public int Port { get; }

    /// <summary>What the daemon said so far.</summary>
    public string Log
    {
        get { lock (log) return log.ToString(); }
    }

    public int Pid => daemon!.Id;

    public static Machine Machine() => new("/", Command.RunAsync);

    public void Write(string config) =>
        File.WriteAllText(Config, $"HostKey {HostKey}\nPidFile {Folder}/sshd.pid\nListenAddress 127.0.0.1\nUsePAM no\n{config.Replace("FOLDER", Folder, StringComparison.Ordinal)}\n");

    public async Task WaitForAsync(Func<string, bool> said)
    {
        for (var i = 0; i < 250 && !said(Log); i++) await Task.Delay(20);
    }

    public static void Age(string path) => Run("/usr/bin/touch", "-d", "1 hour ago", path);

    /// <summary>Reloads, and waits until the pid file is written anew.</summary>
    public void Reload()
    {
        var pidFile = Path.Combine(Folder, "sshd.pid");
        var before = File.GetLastWriteTimeUtc(pidFile);
        Run("/bin/kill", "-HUP", $"{Pid}");
        Wait(() => File.Exists(pidFile) && File.GetLastWriteTimeUtc(pidFile) > before && IsListening());
    }

    public static async Task<IReadOnlyList<Finding>> CheckAsync(SshdCheck? check = null, Machine? machine = null) =>
        (await (check ?? new SshdCheck(new SshSettings())).RunAsync(machine ?? Machine(), CancellationToken.None)).Note();

    public async Task<Finding> JudgeAsync(string rule) => (await CheckAsync()).Single(finding => finding.Rule.Id == rule && finding.Subject == Config);

    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    public void Dispose()
    {
        if (daemon is { HasExited: false }) daemon.Kill();
        daemon?.WaitForExit();
        daemon?.Dispose();
        if (madeSeparation && !Directory.EnumerateFileSystemEntries(Separation).Any()) Directory.Delete(Separation);
        Directory.Delete(Folder, recursive: true);
    }

    void Start(string[] words)
    {
        daemon = Process.Start(new ProcessStartInfo(words[0], words[1..]) { UseShellExecute = false, RedirectStandardError = true })!;
        daemon.ErrorDataReceived += (_, line) =>
        {
            lock (log) log.AppendLine(line.Data);
        };
        daemon.BeginErrorReadLine();
        Wait(IsListening);
    }

    bool IsListening() => File.Exists(Path.Combine(Folder, "sshd.pid")) && File.ReadAllText($"/proc/{Pid}/cmdline").Contains("[listener]", StringComparison.Ordinal);

    static void Wait(Func<bool> done)
    {
        for (var i = 0; i < 500; i++)
        {
            if (done()) return;
            Thread.Sleep(20);
        }
        throw new TimeoutException("sshd did not get ready");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
