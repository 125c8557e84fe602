using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ports;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>
/// A directory that looks like a host with the Debian cluster 16/main, whose server listens on 10.0.0.5 and answers as the
/// test says; good in every way until the test spoils something.
/// </summary>
sealed class PostgresHost : IDisposable
{
    public const string Config = "/etc/postgresql/16/main/postgresql.conf";
    public const string Hba = "/etc/postgresql/16/main/pg_hba.conf";
    public const string Data = "/var/lib/postgresql/16/main";
    public const string GoodHba = "local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\nhostssl all app 10.0.0.0/8 scram-sha-256\n";

    readonly HostTree tree = new();
    readonly HandClock clock = new() { Now = DateTimeOffset.UtcNow.AddSeconds(5) };
    readonly Dictionary<string, string> settings = new()
    {
        ["server_version"] = "16.10", ["ssl"] = "on", ["ssl_min_protocol_version"] = "TLSv1.2", ["ssl_cert_file"] = "/etc/ssl/pg.pem", ["ssl_key_file"] = "/etc/ssl/pg.key",
        ["hba_file"] = Hba, ["ident_file"] = "/etc/postgresql/16/main/pg_ident.conf", ["listen_addresses"] = "10.0.0.5", ["log_connections"] = "on", ["log_disconnections"] = "on", ["log_min_messages"] = "warning", ["log_destination"] = "stderr",
        ["password_encryption"] = "scram-sha-256", ["archive_mode"] = "off", ["logging_collector"] = "off", ["log_file_mode"] = "0640",
    };

    readonly List<string> rows = [];
    string server = "";
    string? error;

    public PostgresHost(int pid = 700)
    {
        Pid = pid;
        tree.File("/proc/1/comm", "systemd\n").File($"{Data}/PG_VERSION", "16\n");
        tree.File(Config, $"data_directory = '{Data}'\nhba_file = '{Hba}'\nssl = on\nssl_cert_file = '/etc/ssl/pg.pem'\nssl_key_file = '/etc/ssl/pg.key'\nlisten_addresses = '10.0.0.5'\n").File("/etc/ssl/pg.pem", "").File("/etc/ssl/pg.key", "");
        tree.File("/etc/postgresql/16/main/pg_ident.conf", "");
        WriteHba(GoodHba);
        Own(Data, 0b111_000_000);
        Own("/etc/ssl/pg.key", 0b110_000_000);
        Start();
        Server();
    }

    public int Pid { get; }

    public HostTree Tree => tree;

    /// <summary>Every command that was asked for.</summary>
    public List<string> Commands { get; } = [];

    public HandClock Clock => clock;

    public Machine Machine => new(tree.Path(""), Answer, clock);

    public PostgresHost Start()
    {
        tree.File($"/proc/{Pid}/comm", "postgres\n").File($"/proc/{Pid}/stat", $"{Pid} (postgres) S 1 700 700 0\n").Process(Pid, "/usr/lib/postgresql/16/bin/postgres", "/system.slice/postgresql@16-main.service", 0, 4711);
        tree.File($"/proc/{Pid}/cmdline", $"/usr/lib/postgresql/16/bin/postgres\0-D\0{Data}\0-c\0config_file={Config}\0").Link($"/proc/{Pid}/cwd", Data);
        tree.File($"/proc/{Pid}/net/tcp", HostTree.Table("0A", ("0500000A:1538", 4711)));
        tree.File($"{Data}/postmaster.pid", $"{Pid}\n{Data}\n1700000000\n5432\n/var/run/postgresql\n10.0.0.5\n  5432001     0\nready   \n");
        return this;
    }

    public PostgresHost Stop()
    {
        tree.End(Pid);
        File.Delete(tree.Path($"{Data}/postmaster.pid"));
        return this;
    }

    public PostgresHost ListenOn(string hexadecimal)
    {
        tree.File($"/proc/{Pid}/net/tcp", HostTree.Table("0A", (hexadecimal, 4711)));
        return this;
    }

    /// <summary>pg_hba.conf, and the same lines as the server shows them.</summary>
    public PostgresHost WriteHba(string text, int major = 16)
    {
        tree.File(Hba, text);
        rows.RemoveAll(row => row.StartsWith("hba,", StringComparison.Ordinal));
        foreach (var line in HbaFile.Read(Machine, Hba, major).Lines) rows.Add($"hba,,{line.Place.Split(':')[1]},{line.Type},{line.Method},false,");
        return this;
    }

    public PostgresHost Set(string name, string value)
    {
        settings[name] = value;
        return this;
    }

    public PostgresHost Without(string name)
    {
        settings.Remove(name);
        return this;
    }

    /// <summary>Rows of the answer: a kind and up to six columns.</summary>
    public PostgresHost Row(params string[] lines)
    {
        foreach (var line in lines) rows.Add(line + new string(',', 6 - line.Count(letter => letter == ',')));
        return this;
    }

    public PostgresHost Server(bool standby = false, bool showsSessions = true, TimeSpan? loaded = null)
    {
        var at = clock.Now + (loaded ?? TimeSpan.Zero);
        server = $"server,{(standby ? "true" : "false")},{at.ToUnixTimeMilliseconds()}000,{(showsSessions ? "true" : "false")},true,,\n";
        return this;
    }

    public PostgresHost Refuse(string message)
    {
        error = message;
        return this;
    }

    public void Own(string path, int mode) => File.SetUnixFileMode(tree.Path(path), (UnixFileMode)mode);

    public async Task<IReadOnlyList<Finding>> CheckAsync(PostgresqlSettings? configured = null) =>
        (await new PostgresCheck(configured ?? new PostgresqlSettings()).RunAsync(Machine, CancellationToken.None)).Note();

    public async Task<Finding> JudgeAsync(Rule rule, PostgresqlSettings? configured = null) => (await CheckAsync(configured)).Single(finding => finding.Rule == rule);

    /// <summary>A good host that is spoilt, and what one rule says of it.</summary>
    public static async Task ExpectAsync(Outcome outcome, Rule rule, Action<PostgresHost> spoil, string? message = null, PostgresqlSettings? settings = null)
    {
        using var host = new PostgresHost();
        spoil(host);
        var finding = await host.JudgeAsync(rule, settings);
        Assert.True(outcome == finding.Outcome, $"{finding.Outcome}: {finding.Message}");
        if (message is not null) Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.Equal("16/main", finding.Subject);
    }

    /// <summary>What is known, with a listener that shows this certificate; null: it refuses TLS.</summary>
    public ClusterFacts Facts(byte[]? certificate, bool running = true, TrueTime? time = null)
    {
        var cluster = Assert.Single(new ClusterSearch(Machine).Find());
        return new ClusterFacts(Machine, running ? cluster : cluster with { Server = null })
        {
            Answer = running ? ServerAnswer.Parse(Output) : null,
            Listeners = () => PortSurvey.Look(Machine, [], CancellationToken.None),
            TimeAsync = () => Task.FromResult(time ?? TrueTime.Of(Machine.Now)),
            AskForTls = _ => Task.FromResult(new PostgresOffer(certificate is not null, certificate)),
        };
    }

    public void Dispose() => tree.Dispose();

    string Output => server + string.Concat(settings.Select(setting => $"setting,{setting.Key},\"{setting.Value}\",false,,,\n")) + string.Concat(rows.Select(row => row + "\n"));

    Task<CommandResult> Answer(string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        Commands.Add(Recording.CommandLine(program, arguments));
        return Task.FromResult(error is null ? new CommandResult(0, Output, "") : new CommandResult(2, "", error));
    }
}
