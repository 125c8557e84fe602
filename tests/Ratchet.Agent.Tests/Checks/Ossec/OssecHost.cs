using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Ossec;

/// <summary>A recorded host in a temporary folder: a connected OSSEC agent whose scans ended lately, to be changed by a test.</summary>
sealed class OssecHost : IDisposable
{
    public const string Key = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

    static readonly DateTimeOffset Boot = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    readonly string folder = Directory.CreateTempSubdirectory("ratchet-ossec-").FullName;
    readonly Dictionary<string, string> listing = [];

    public OssecHost()
    {
        Write("/etc/passwd", "root:x:0:0:::\nossec:x:996:996:::\n");
        Write("/etc/group", "root:x:0:\nossec:x:996:\n");
        Write("/etc/ossec-init.conf", "DIRECTORY=\"/var/ossec\"\nVERSION=\"v4.2.0\"\nTYPE=\"agent\"\n");
        Write("/proc/stat", $"btime {Boot.ToUnixTimeSeconds()}\n");
        Process(1, "/sbin/init");
        Conf(Client + Scans);
        Write("/var/ossec/etc/client.keys", $"1024 web01 any {Key}\n", "0640 root:ossec");
        List("/var/ossec/etc", "0550 root:ossec");
        List("/var/ossec/queue/ossec", "0750 ossec:ossec");
        Write("/var/ossec/queue/ossec/.agent_info", "web01\n-\n1024\n-\n");
        Log(Scan(Now.AddHours(-2)));
        Sent(Now.AddSeconds(-5));
        Run("agentd", "logcollector", "syscheckd", "execd");
        foreach (var name in new[] { "agentd", "logcollector", "syscheckd", "execd" }) Write($"/var/ossec/bin/ossec-{name}", "");
    }

    public static DateTimeOffset Now { get; } = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static string Client => "<client><server-ip>10.0.0.5</server-ip></client>";

    public static string Scans => "<syscheck><frequency>79200</frequency><directories>/etc</directories></syscheck><rootcheck><frequency>79200</frequency></rootcheck>";

    public DateTimeOffset Time { get; set; } = Now;

    public string Root => Path.Combine(folder, "root");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public Machine Machine()
    {
        File.WriteAllText(Path.Combine(folder, "commands.txt"), "\n");
        File.WriteAllText(Path.Combine(folder, "now.txt"), $"{Time:yyyy-MM-ddTHH:mm:ss}Z");
        File.WriteAllLines(Path.Combine(folder, "listing.txt"), listing.Select(entry => $"{entry.Value} {entry.Key}"));
        return Recording.Open(folder);
    }

    public async Task<IReadOnlyList<Finding>> CheckAsync(OssecCheck? check = null) => (await (check ?? new OssecCheck(new OssecSettings())).RunAsync(Machine(), CancellationToken.None)).Note();

    public async Task<Finding> JudgeAsync(Rule rule) => (await CheckAsync()).Single(finding => finding.Rule == rule);

    public Task AssertAsync(Rule rule, string outcome, string words) => AssertAsync(rule, Enum.Parse<Outcome>(outcome), words);

    public async Task AssertAsync(Rule rule, Outcome outcome, string words)
    {
        var finding = await JudgeAsync(rule);
        Assert.True(finding.Outcome == outcome && finding.Message.Contains(words, StringComparison.Ordinal), $"{finding.Outcome}: {finding.Message}");
    }

    public void Conf(string content) => Write("/var/ossec/etc/ossec.conf", $"<ossec_config>{content}</ossec_config>\n");

    public void Log(string text) => Write("/var/ossec/logs/ossec.log", text);

    public void Lock(DateTimeOffset since) => Write("/var/ossec/queue/ossec/.wait", "l", "0644 ossec:ossec", since);

    public void Sent(DateTimeOffset time) => Write("/var/ossec/queue/rids/sender_counter", "0:1", "0644 ossec:ossec", time);

    /// <summary>The log lines of one scan of each kind that ended at a time, after 10 min.</summary>
    public static string Scan(DateTimeOffset end) =>
        $"{Stamp(end.AddMinutes(-10))} ossec-syscheckd: INFO: Starting syscheck scan.\n{Stamp(end)} ossec-syscheckd: INFO: Ending syscheck scan.\n" +
        $"{Stamp(end.AddMinutes(-5))} rootcheck: INFO: Starting rootcheck scan.\n{Stamp(end)} rootcheck: INFO: Ending rootcheck scan.\n";

    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy/MM/dd HH:mm:ss");

    public void Run(params string[] daemons)
    {
        for (var i = 0; i < daemons.Length; i++) Process(100 + i, "/var/ossec/bin/ossec-" + daemons[i]);
    }

    public void Kill(string daemon)
    {
        foreach (var directory in Directory.GetDirectories(Root + "/proc"))
            if (File.ReadAllText(directory + "/cmdline").Contains("ossec-" + daemon, StringComparison.Ordinal)) Directory.Delete(directory, recursive: true);
    }

    public void Process(int pid, string program, char state = 'S', int parent = 1, DateTimeOffset? started = null, string? executable = "", uint uid = 0, string? pids = null)
    {
        var name = Path.GetFileName(program);
        name = name.Length > 15 ? name[..15] : name;
        var ticks = (long)((started ?? Boot.AddMinutes(1)) - Boot).TotalSeconds * 100;
        Write($"/proc/{pid}/comm", name + "\n");
        Write($"/proc/{pid}/cmdline", program + "\0");
        Write($"/proc/{pid}/status", $"Name:\t{name}\nState:\t{state} (state)\nPPid:\t{parent}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nNSpid:\t{pids ?? $"{pid}"}\n");
        Write($"/proc/{pid}/stat", $"{pid} ({name}) {state} {parent} {string.Concat(Enumerable.Repeat("0 ", 17))}{ticks} 0\n");
        Write($"/proc/{pid}/cgroup", "0::/system.slice/ossec.service\n");
        var exe = $"{Root}/proc/{pid}/exe";
        File.Delete(exe);
        if (executable is not null) File.CreateSymbolicLink(exe, executable.Length > 0 ? executable : program);
    }

    public void List(string path, string modeAndOwner, DateTimeOffset? time = null) => listing[path] = $"{modeAndOwner} 0 {time ?? Now:yyyy-MM-ddTHH:mm:ss}Z";

    public void Write(string path, string text, string? modeAndOwner = null, DateTimeOffset? time = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.WriteAllText(Root + path, text);
        if (modeAndOwner is not null) List(path, modeAndOwner, time);
    }

    public void Delete(string path) => File.Delete(Root + path);
}
