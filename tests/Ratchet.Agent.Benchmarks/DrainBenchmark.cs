using System.Diagnostics;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Serilog.Core;

namespace Ratchet.Agent.Benchmarks;

/// <summary>
/// A backlog of 100,000 findings drained over mutual TLS to the reference receiver, against one curl that posts the same files over
/// one connection with the same certificates. Both in turn, each to a receiver of its own that starts empty.
/// Needs curl, openssl and a build of the receiver.
/// </summary>
static class DrainBenchmark
{
    const int Findings = 100_000, Rounds = 2;

    static readonly Speaker Host = new("id-of-bench", "bench", new Dictionary<string, string> { ["ID"] = "ubuntu" }, "6.8");

    public static int Start()
    {
        var work = Directory.CreateTempSubdirectory("ratchet-bench-").FullName;
        try
        {
            AgentBenchmark.Run(Path.Combine(AgentBenchmark.FindRepository(), "packaging/throwaway-ca"), $"{work}/tls", "localhost");
            long size;
            using (var ledger = Ledger.Open($"{work}/state", Host, TimeProvider.System))
            {
                Fill(ledger);
                size = ledger.Spool.List().Sum(ledger.Spool.SizeOf);
                File.WriteAllText($"{work}/keys.json", $$"""{"keys":[{{ledger.PublicKey.ToJson()}}]}""");
            }
            var (ours, curl) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                curl.Add(WithReceiver(work, $"curl-{round}", port => Post(work, port)));
                ours.Add(WithReceiver(work, $"ours-{round}", port => Drain(work, port, round)));
            }
            var (rate, theirs) = (size / ours.Min() / 1e6, size / curl.Min() / 1e6);
            Console.WriteLine($"drain of {Findings} findings ({size / 1e6:0} MB): {rate:0.0} MB/s, {Findings / ours.Min():0} findings/s; curl --data-binary {theirs:0.0} MB/s; ratio {rate / theirs:0.00} of curl's throughput");
            return 0;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    static void Fill(Ledger ledger)
    {
        var rule = new Rule("bench.rule", "the state is good", Severity.High, "why it matters, at some length", "how it is mended, at some length", new Controls(["164.312(b)"], ["09.aa"]));
        for (var i = 0; i < Findings; i += 500)
            ledger.Append([.. Enumerable.Range(i, 500).Select(number => Payload.Of(Finding.Fail(rule, $"tcp 0.0.0.0:{number} java tomcat10.service", $"port {number} is open to everybody"), Host, TimeProvider.System.GetUtcNow(), null))]);
    }

    /// <returns>Seconds. The spool is copied, so that each round finds the whole of it.</returns>
    static double Drain(string work, int port, int round)
    {
        var state = $"{work}/state-{round}";
        AgentBenchmark.Run("/bin/cp", "-a", $"{work}/state", state);
        using var ledger = Ledger.Open(state, Host, TimeProvider.System);
        var settings = new LogstashSettings([$"https://localhost:{port}/"], $"{work}/tls/ca.pem", $"{work}/tls/client.pem", $"{work}/tls/client.key");
        using var http = new LogstashClient(settings, Logger.None, TimeProvider.System);
        var shipper = new Shipper(ledger, http, TimeProvider.System, Logger.None);
        GC.Collect();
        var started = Stopwatch.GetTimestamp();
        var draining = shipper.DrainAsync(CancellationToken.None);
        var (total, memory) = (ledger.WaitingCount, new SortedDictionary<int, double>());
        while (!draining.Wait(50)) memory[10 * (total - ledger.WaitingCount) / total] = AgentBenchmark.Status(Environment.ProcessId, "VmRSS:") / 1024.0;
        var time = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Console.WriteLine($"drain-memory by tenths of the backlog, MiB resident: {string.Join(", ", memory.Values.Select(value => $"{value:0}"))}");
        return time;
    }

    static double Post(string work, int port)
    {
        var lines = Directory.GetFiles($"{work}/state/spool").Order(StringComparer.Ordinal).Select(file => $"""
            url = "https://localhost:{port}/"
            header = "Content-Type: application/vnd.ratchet.records"
            header = "Expect:"
            data-binary = "@{file}"
            cacert = "{work}/tls/ca.pem"
            cert = "{work}/tls/client.pem"
            key = "{work}/tls/client.key"
            output = "/dev/null"
            fail

            """);
        File.WriteAllText($"{work}/curl.conf", string.Join("next\n", lines));
        var started = Stopwatch.GetTimestamp();
        AgentBenchmark.Run("curl", "--silent", "--show-error", "--config", $"{work}/curl.conf");
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    static double WithReceiver(string work, string name, Func<int, double> measure)
    {
        var receiver = Directory.GetFiles(Path.Combine(AgentBenchmark.FindRepository(), "src/Ratchet.Receiver/bin"), "ratchet-receiver.dll", SearchOption.AllDirectories)[0];
        var port = AgentBenchmark.FreePort();
        using var receiving = Process.Start(new ProcessStartInfo("dotnet", [receiver, "--listen", $"127.0.0.1:{port}", "--certificate", $"{work}/tls/server.pem", "--key", $"{work}/tls/server.key", "--client-ca", $"{work}/tls/ca.pem", "--keys", $"{work}/keys.json", "--out", $"{work}/{name}"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        receiving.StandardOutput.ReadLine();
        try
        {
            var seconds = measure(port);
            var taken = File.ReadLines($"{work}/{name}/records.ndjson").Count();
            return taken > Findings ? seconds : throw new InvalidOperationException($"{name}: the receiver has {taken} records");
        }
        finally
        {
            receiving.Kill();
            receiving.WaitForExit();
        }
    }
}
