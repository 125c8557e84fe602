using System.Text;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using static Ratchet.Agent.Benchmarks.CpuTime;

namespace Ratchet.Agent.Benchmarks;

/// <summary>
/// The CPU time of the ossec check on a host with 200 processes and an ossec.log of 200 MB: the first look of a service, the
/// worst first look (no scan in the last 4 MiB), and each one after it; beside what grep needs over the same log.
/// </summary>
static class OssecBenchmark
{
    const int LogSize = 200 << 20, Processes = 200;

    static readonly DateTime Now = new(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc);

    public static int Start()
    {
        var folder = Directory.CreateTempSubdirectory("ratchet-bench-").FullName;
        try
        {
            Record(folder);
            var log = folder + "/root/var/ossec/logs/ossec.log";
            WriteLog(log, LogSize - (1 << 20), 1 << 20);
            var (first, next) = (Median(() => First(folder)), Next(folder, log));
            var grep = Median(() => Run("/bin/sh", "-c", $"tail -c 200M {log} | grep -c 'Ending syscheck scan'"));
            WriteLog(log, LogSize / 2, LogSize / 2);
            var worst = Median(() => First(folder));
            Console.WriteLine($"ossec-200mb-log: {first:0.0} ms CPU (first), {worst:0.0} ms (first, worst), {next:0.0} ms (next), tail | grep {grep:0.0} ms, ratio {first / grep:0.000}");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static double First(string folder)
    {
        var check = new OssecCheck(new OssecSettings());
        var machine = Recording.Open(folder);
        return OwnTime(() => check.RunAsync(machine, CancellationToken.None).GetAwaiter().GetResult());
    }

    /// <summary>A look after a hundred lines were appended.</summary>
    static double Next(string folder, string log)
    {
        var check = new OssecCheck(new OssecSettings());
        check.RunAsync(Recording.Open(folder), CancellationToken.None).GetAwaiter().GetResult();
        return Median(() =>
        {
            for (var i = 0; i < 100; i++) File.AppendAllText(log, Line(i));
            var machine = Recording.Open(folder);
            return OwnTime(() => check.RunAsync(machine, CancellationToken.None).GetAwaiter().GetResult());
        });
    }

    static string Line(int i) => $"{Now.AddMinutes(-i % 60):yyyy/MM/dd HH:mm:ss} ossec-logcollector(1950): INFO: Analyzing file: '/var/log/app/{i}.log' and what else there is to say.\n";

    static void WriteLog(string path, int before, int after)
    {
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 10_000).Select(Line)));
        using var file = File.Create(path);
        while (file.Length < before) file.Write(lines);
        foreach (var scan in new[] { "ossec-syscheckd: INFO: Starting syscheck scan.", "ossec-syscheckd: INFO: Ending syscheck scan.", "rootcheck: INFO: Starting rootcheck scan.", "rootcheck: INFO: Ending rootcheck scan." })
            file.Write(Encoding.UTF8.GetBytes($"{Now.AddHours(-2):yyyy/MM/dd HH:mm:ss} {scan}\n"));
        while (file.Length < before + after) file.Write(lines.AsSpan(0, Math.Min(lines.Length, before + after - (int)file.Length)));
    }

    static void Record(string folder)
    {
        File.WriteAllText(folder + "/commands.txt", "\n");
        Directory.CreateDirectory(folder + "/root");
        File.WriteAllText(folder + "/now.txt", "2026-11-21T12:00:00Z");
        void Write(string path, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder + "/root" + path)!);
            File.WriteAllText(folder + "/root" + path, text);
        }
        string[] daemons = ["agentd", "logcollector", "syscheckd", "execd"];
        Write("/var/ossec/etc/ossec.conf", "<ossec_config><client><server-ip>10.0.0.5</server-ip></client><syscheck><frequency>79200</frequency><directories>/etc</directories></syscheck></ossec_config>");
        Write("/var/ossec/etc/client.keys", $"1 web01 any {new string('0', 64)}\n");
        Write("/var/ossec/queue/ossec/.agent_info", "web01\n-\n1\n-\n");
        Write("/var/ossec/queue/rids/sender_counter", "0:1");
        Write("/var/ossec/logs/ossec.log", "");
        foreach (var daemon in daemons) Write("/var/ossec/bin/ossec-" + daemon, "");
        Write("/proc/stat", "btime 1795100000\n");
        for (var pid = 1; pid <= Processes; pid++)
        {
            var name = pid is >= 10 and < 14 ? "/var/ossec/bin/ossec-" + daemons[pid - 10] : "/usr/sbin/other";
            var comm = Path.GetFileName(name)[..Math.Min(15, Path.GetFileName(name).Length)];
            Write($"/proc/{pid}/comm", comm + "\n");
            Write($"/proc/{pid}/cmdline", name + "\0");
            Write($"/proc/{pid}/cgroup", "0::/\n");
            Write($"/proc/{pid}/status", $"Name:\t{comm}\nState:\tS (sleeping)\nPPid:\t1\nUid:\t0\t0\t0\t0\n");
            Write($"/proc/{pid}/stat", $"{pid} ({comm}) S 1 {string.Concat(Enumerable.Repeat("0 ", 17))}1000 0\n");
            File.CreateSymbolicLink($"{folder}/root/proc/{pid}/exe", name);
        }
    }
}
