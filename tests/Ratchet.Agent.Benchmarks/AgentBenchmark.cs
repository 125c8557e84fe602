using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Ratchet.Agent.Benchmarks;

/// <summary>
/// The published program as it sits on a host, shipping to the reference receiver: CPU time of a whole sweep, resident memory at
/// rest, and the time from its start to the first verdict on disk. Each is printed beside its limit.
/// Needs <c>packaging/build</c> and a build of the receiver.
/// </summary>
static class AgentBenchmark
{
    const int Sweeps = 4;
    const double SweepLimit = 50, MemoryLimit = 50;

    public static int Start()
    {
        var repository = FindRepository();
        var work = Directory.CreateTempSubdirectory("ratchet-bench-").FullName;
        try
        {
            Run(Path.Combine(repository, "packaging/throwaway-ca"), $"{work}/tls", "localhost");
            var agent = Path.Combine(repository, "artifacts/publish/ratchet-agent");
            var port = FreePort();
            File.WriteAllText($"{work}/agent.json", $$"""
                { "state": "{{work}}/state", "interval": "10s", "roles": ["web"],
                  "logstash": { "urls": ["https://localhost:{{port}}/"], "certificateAuthority": "{{work}}/tls/ca.pem", "certificate": "{{work}}/tls/client.pem", "key": "{{work}}/tls/client.key" } }
                """);
            File.WriteAllText($"{work}/keys.json", $$"""{"keys":[{{Run(agent, "key", "show", "--config", $"{work}/agent.json")}}]}""");
            var receiver = Directory.GetFiles(Path.Combine(repository, "src/Ratchet.Receiver/bin"), "ratchet-receiver.dll", SearchOption.AllDirectories)[0];
            using var receiving = Process.Start(new ProcessStartInfo("dotnet", [receiver, "--listen", $"127.0.0.1:{port}", "--certificate", $"{work}/tls/server.pem", "--key", $"{work}/tls/server.key", "--client-ca", $"{work}/tls/ca.pem", "--keys", $"{work}/keys.json", "--out", $"{work}/received"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            receiving.StandardOutput.ReadLine();
            Measure(agent, work);
            receiving.Kill();
            return 0;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    static void Measure(string agent, string work)
    {
        var received = $"{work}/received/records.ndjson";
        var started = Stopwatch.GetTimestamp();
        using var running = Process.Start(new ProcessStartInfo(agent, ["run", "--config", $"{work}/agent.json"]) { RedirectStandardError = true, UseShellExecute = false })!;
        running.ErrorDataReceived += (_, _) => { };
        running.BeginErrorReadLine();
        while (!Payloads(received).Any(payload => payload.Contains("\"action\":\"finding\"", StringComparison.Ordinal))) Thread.Sleep(2);
        Console.WriteLine($"agent-first-verdict-received: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms after the start of the process");
        double[] sweeps;
        while ((sweeps = [.. Payloads(received).Select(SweepTime).OfType<double>()]).Length < Sweeps) Thread.Sleep(200);
        Console.WriteLine($"agent-sweep: first {sweeps[0]:0.0} ms CPU, later {sweeps[1..].Order().ElementAt((Sweeps - 1) / 2):0.0} ms CPU, limit {SweepLimit} ms, ratio {sweeps[1..].Max() / SweepLimit:0.00} at most");
        var memory = Status(running.Id, "VmRSS:") / 1024.0;
        Console.WriteLine($"agent-memory: {memory:0.0} MiB resident, of which anonymous {Status(running.Id, "RssAnon:") / 1024.0:0.0} MiB, limit {MemoryLimit} MiB, ratio {memory / MemoryLimit:0.00}");
        var before = running.TotalProcessorTime;
        Thread.Sleep(5000);
        running.Refresh();
        Console.WriteLine($"agent-rest: {(running.TotalProcessorTime - before).TotalMilliseconds / 5:0.0} ms CPU a second with a sweep every 10 s");
        Run("kill", $"{running.Id}");
        running.WaitForExit();
    }

    static double? SweepTime(string payload)
    {
        using var document = JsonDocument.Parse(payload);
        return document.RootElement.GetProperty("ratchet").TryGetProperty("sweep", out var sweep) ? sweep.GetProperty("cpu_ms").GetDouble() : null;
    }

    static IEnumerable<string> Payloads(string file)
    {
        if (!File.Exists(file)) yield break;
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
            if (line.EndsWith("\"}", StringComparison.Ordinal)) yield return System.Text.Encoding.UTF8.GetString(Base64Url.DecodeFromChars(line.Split('.')[^2]));
    }

    public static long Status(int pid, string field) => long.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1], CultureInfo.InvariantCulture);

    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }

    public static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static string FindRepository()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Ratchet.Agent.sln"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
