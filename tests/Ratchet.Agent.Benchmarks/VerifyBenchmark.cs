using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Benchmarks;

/// <summary>
/// <c>verify</c> over the records of many hosts on all cores, beside what <c>openssl speed</c> verifies on the same cores: in turn,
/// several times, in one run. And the memory that it keeps for five million records of two thousand hosts.
/// </summary>
static class VerifyBenchmark
{
    const int Hosts = 500, RecordsPerHost = 80, Rounds = 5;
    const int ManyHosts = 2000, ManyRecords = 2500;

    /// <summary>With it a payload has the size of a usual finding, 2 KB.</summary>
    static readonly string Ballast = string.Join(' ', Enumerable.Repeat("what was seen on the host, in the words of the check;", 20));

    public static int Start()
    {
        var file = Path.GetTempFileName();
        try
        {
            var keys = Write(file);
            Verify(file, keys);
            var ratios = Enumerable.Range(0, Rounds).Select(_ => Round(file, keys)).OrderBy(round => round.Ours / round.Theirs).ToList();
            var (ours, theirs) = ratios[Rounds / 2];
            Console.WriteLine($"verify: {ours:0} records/s ({new FileInfo(file).Length / (Hosts * RecordsPerHost)} bytes each, {Hosts} hosts), openssl speed -multi {Environment.ProcessorCount} {theirs:0} verify/s, ratio {ours / theirs:0.00} (of {Rounds} rounds {ratios[0].Ours / ratios[0].Theirs:0.00} to {ratios[^1].Ours / ratios[^1].Theirs:0.00})");
            foreach (var isShuffled in (bool[])[false, true])
                Console.WriteLine($"verify-memory: {Remembered(isShuffled) / ((double)ManyHosts * ManyRecords):0.0} bytes per record of {ManyHosts * ManyRecords / 1_000_000} million, {(isShuffled ? "half of them come, in any order" : "in order")}");
            return 0;
        }
        finally
        {
            File.Delete(file);
        }
    }

    static (double Ours, double Theirs) Round(string file, KeySet keys)
    {
        var theirs = OpenSsl();
        var started = Stopwatch.GetTimestamp();
        var report = Verify(file, keys);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return report.IsGood ? (report.Accepted / seconds, theirs) : throw new InvalidOperationException(string.Join('\n', report.Problems));
    }

    static VerifyReport Verify(string file, KeySet keys)
    {
        using var verifier = new Verifier(keys);
        using var stream = File.OpenRead(file);
        using var verification = new Verification(verifier);
        verification.Read(stream, file, CancellationToken.None);
        return verifier.Report(window: false);
    }

    /// <summary>The column verify/s.</summary>
    static double OpenSsl()
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", ["speed", "-seconds", "2", "-multi", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), "ecdsap256"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var line = process.StandardOutput.ReadToEnd().Split('\n').Last(line => line.Contains("nistp256", StringComparison.Ordinal));
        process.WaitForExit();
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture);
    }

    /// <summary>Chains of as many hosts; the lines of all hosts in turn, as a receiver gets them.</summary>
    static KeySet Write(string file)
    {
        var hosts = Enumerable.Range(0, Hosts).Select(i => (Name: $"host{i:0000}", Key: SigningKey.Create())).ToList();
        var heads = hosts.Select(host => new ChainHead(Guid.NewGuid().ToString(), 0, null, 0, host.Key.Id)).ToArray();
        using (var writer = new StreamWriter(file))
            for (var number = 0; number < RecordsPerHost; number++)
                for (var i = 0; i < Hosts; i++)
                {
                    (var compact, heads[i]) = Chain.Seal(heads[i], PayloadOf(hosts[i].Name), hosts[i].Key, DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(number));
                    writer.WriteLine(compact);
                }
        var set = KeySet.Parse($$"""{"keys":[{{string.Join(',', hosts.Select(host => host.Key.ToPublicKey(host.Name).ToJson()))}}]}""");
        foreach (var (_, key) in hosts) key.Dispose();
        return set;
    }

    static JsonObject PayloadOf(string host)
    {
        var payload = Payload.Stop(new Speaker("id-" + host, host, new Dictionary<string, string> { ["ID"] = "ubuntu", ["VERSION_ID"] = "24.04" }, "6.8"), DateTimeOffset.UnixEpoch.AddDays(20_000));
        payload["result"] = new JsonObject { ["evidence"] = Ballast };
        return payload;
    }

    /// <summary>Bytes that the chains keep; signatures are not part of it.</summary>
    static double Remembered(bool isShuffled)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (marks, random) = (new Marks(), new Random(1));
        var chains = Enumerable.Range(0, ManyHosts).Select(i => new VerifiedChain($"host{i}", "chain", marks)).ToList();
        foreach (var chain in chains)
        {
            var numbers = Enumerable.Range(1, isShuffled ? 2 * ManyRecords : ManyRecords).ToArray();
            if (isShuffled) random.Shuffle(numbers);
            foreach (var number in numbers.Take(ManyRecords))
                chain.Add(new Claims(chain.Host, "chain", number, number == 1 ? null : HashOf(number - 1), DateTimeOffset.UnixEpoch, "finding", number, "", null, null, null, null, null, null), default, HashOf(number), out _);
        }
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(chains);
        return after - before;
    }

    static Digest HashOf(int number) => new((ulong)number, 0, 0, 0);
}
