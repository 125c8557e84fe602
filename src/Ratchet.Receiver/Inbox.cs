using System.Text.Json.Nodes;
using Ratchet.Agent.Records;

namespace Ratchet.Receiver;

/// <summary>
/// What came: each record once, in records.ndjson (<c>{"received": TIME, "jws": COMPACT}</c>, which <c>verify</c> reads);
/// what cannot be believed, with the reason, in quarantine.ndjson. A restart takes up records.ndjson again.
/// </summary>
sealed class Inbox : IDisposable
{
    readonly string keyFile;
    readonly Verifier verifier;
    readonly StreamWriter records, quarantine;
    readonly Lock gate = new();
    DateTime keysOf;

    public Inbox(string keyFile, string directory)
    {
        this.keyFile = keyFile;
        Directory.CreateDirectory(directory);
        keysOf = File.GetLastWriteTimeUtc(keyFile);
        verifier = new Verifier(KeySet.Parse(File.ReadAllText(keyFile)));
        var kept = Path.Combine(directory, "records.ndjson");
        foreach (var line in Lines(kept)) verifier.Add(line, out _);
        records = new StreamWriter(kept, append: true);
        quarantine = new StreamWriter(Path.Combine(directory, "quarantine.ndjson"), append: true);
    }

    /// <summary>Takes the records of one request; returns when they are written.</summary>
    public void Take(IEnumerable<string> lines, DateTimeOffset now)
    {
        lock (gate)
        {
            RefreshKeys();
            foreach (var line in lines)
            {
                var verdict = verifier.Add(line, out var problem);
                if (verdict == Verdict.Accepted) records.WriteLine(Entry(now, "jws", line).ToJsonString());
                else if (verdict == Verdict.Refused) quarantine.WriteLine(Quarantined(now, line, problem!).ToJsonString());
            }
            records.Flush();
            quarantine.Flush();
        }
    }

    /// <summary>For each host whether its chain is whole, and all that is wrong.</summary>
    public VerifyReport Report() => verifier.Report(window: false);

    public void Dispose()
    {
        verifier.Dispose();
        records.Dispose();
        quarantine.Dispose();
    }

    void RefreshKeys()
    {
        var changed = File.GetLastWriteTimeUtc(keyFile);
        if (changed == keysOf) return;
        verifier.Keys = KeySet.Parse(File.ReadAllText(keyFile));
        keysOf = changed;
    }

    static JsonObject Entry(DateTimeOffset now, string name, string line) => new() { ["received"] = Payload.Time(now), [name] = line };

    static JsonObject Quarantined(DateTimeOffset now, string line, Problem problem)
    {
        var entry = Entry(now, "refused", line);
        entry["reason"] = $"{problem.Kind}: {problem.Message}";
        return entry;
    }

    static IEnumerable<string> Lines(string file)
    {
        using var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        foreach (var compact in RecordLines.Read(stream))
            if (compact is not null) yield return compact;
    }
}
