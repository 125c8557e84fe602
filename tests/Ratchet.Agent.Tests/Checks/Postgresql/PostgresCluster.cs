using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>A test that needs root and a real PostgreSQL; skipped with the reason where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root, to be the accounts postgres and nobody";
        else if (PostgresCluster.Programs is null) Skip = "needs postgresql (initdb in /usr/lib/postgresql)";
        else if (!File.Exists("/usr/bin/setpriv")) Skip = "needs setpriv (util-linux)";
    }
}

/// <summary>
/// A real cluster in a temporary folder, made and run by the account postgres, asked by the account nobody; gone after the test.
/// </summary>
sealed class PostgresCluster : IDisposable
{
    public static readonly string? Programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(directory => directory + "/bin").Where(directory => File.Exists(directory + "/initdb") && File.Exists(directory + "/psql")).Order(StringComparer.Ordinal).LastOrDefault()
        : null;

    public const string Role = "nobody";

    readonly string folder = Directory.CreateTempSubdirectory("ratchet-pg-").FullName;
    readonly string[] around;

    /// <param name="settings">Lines of postgresql.conf.</param>
    /// <param name="hba">pg_hba.conf.</param>
    /// <param name="around">What the server is run in: <c>ip netns exec NAME</c>.</param>
    public PostgresCluster(string settings = "", string hba = "local all all peer\n", params string[] around)
    {
        this.around = around;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(folder + "/run");
        Run("chown", "-R", "postgres:", folder);
        AsPostgres(Programs + "/initdb", "-D", Data, "-A", "peer", "-E", "UTF8", "--locale=C", "--no-sync");
        Port = FreePort();
        File.AppendAllText(Config, $"port = {Port}\nunix_socket_directories = '{folder}/run'\nlisten_addresses = '127.0.0.1'\nfsync = off\nshared_buffers = 8MB\nmax_connections = 20\n{settings}\n");
        File.WriteAllText(Hba, hba);
        Start();
    }

    public int Port { get; }

    public string Data => folder + "/data";

    public string Config => Data + "/postgresql.conf";

    public string Hba => Data + "/pg_hba.conf";

    public string Log => File.ReadAllText(folder + "/run/log");

    public string Socket => folder + "/run";

    public string Folder => folder;

    public void Start() => AsPostgres([Programs + "/pg_ctl", "-D", Data, "-l", folder + "/run/log", "-w", "-t", "120", "start"], around);

    public void Stop() => AsPostgres(Programs + "/pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    /// <summary>Tells the server to read its files, and waits until it said so in its log.</summary>
    public void Reload()
    {
        var before = Log.Split("received SIGHUP").Length;
        // What was written right before is told from what was written meanwhile.
        Thread.Sleep(50);
        AsPostgres(Programs + "/pg_ctl", "-D", Data, "reload");
        for (var i = 0; i < 500 && Log.Split("received SIGHUP").Length == before; i++) Thread.Sleep(20);
        // The line comes before the work.
        Thread.Sleep(300);
    }

    /// <summary>What an administrator does once.</summary>
    public PostgresCluster Prepare()
    {
        AsPostgres(Programs + "/psql", "-X", "-q", "-h", Socket, "-p", $"{Port}", "-d", "postgres", "-v", "role=" + Role, "-f", Copy("packaging/postgresql/ratchet-agent.sql"));
        return this;
    }

    public string Sql(string statement) => AsPostgres(Programs + "/psql", "-X", "-q", "-t", "-A", "-h", Socket, "-p", $"{Port}", "-d", "postgres", "-c", statement).Trim();

    public static async Task<IReadOnlyList<Finding>> CheckAsync(PostgresCheck? check = null, string role = Role) =>
        await (check ?? new PostgresCheck(new PostgresqlSettings { Role = role })).RunAsync(new Machine("/", Command.RunAsync), CancellationToken.None);

    public async Task<Finding> JudgeAsync(Rule rule, string role = Role) => (await CheckAsync(role: role)).Single(finding => finding.Rule == rule && finding.Subject == Data);

    public async Task ExpectAsync(Outcome outcome, Rule rule, string message = "")
    {
        var finding = await JudgeAsync(rule);
        Assert.True(finding.Outcome == outcome && finding.Message.Contains(message, StringComparison.Ordinal), $"{rule.Id}: {finding.Outcome}: {finding.Message}");
    }

    public void Dispose()
    {
        if (File.Exists(Data + "/postmaster.pid")) Stop();
        Directory.Delete(folder, recursive: true);
    }

    public static string Run(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', words)}: {output}{error.Result}");
        return output;
    }

    /// <summary>A file of the repository where every account can read it.</summary>
    string Copy(string relative)
    {
        var copy = folder + "/" + Path.GetFileName(relative);
        File.Copy(Path.Combine(Hosts.Repository.Root, relative), copy, overwrite: true);
        File.SetUnixFileMode(copy, (UnixFileMode)0b110_100_100);
        return copy;
    }

    static string AsPostgres(params string[] words) => AsPostgres(words, []);

    // A server that is started holds the pipes of pg_ctl open: it has its own log file and needs none.
    static string AsPostgres(string[] words, string[] around) =>
        words[^1] == "start" ? Run([.. around, "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "sh", "-c", "\"$@\" >/dev/null 2>&1 </dev/null", "sh", .. words])
        : Run([.. around, "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", .. words]);

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
