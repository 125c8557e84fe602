using System.Text.Json;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

/// <summary>
/// The service is killed at 200 moments that it does not choose; then what the receiver has must be one whole chain. A quarter of the
/// moments is spread over the start, the others lie just after a write into the state directory, where the crash points are.
/// </summary>
public sealed class KillTests : IDisposable
{
    const int Kills = 200;
    const int Lanes = 2;

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Killed_at_200_moments_it_neither_loses_nor_repeats_a_number()
    {
        var authority = new Authority(folder, "tls");
        await using var receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        // Some requests fail and some answers get lost, so that batches are also sent again across kills.
        receiver.Answer = number => (number % 7) switch { 3 => 500, 5 => LoopbackReceiver.AnswerLost, _ => 200 };
        var hosts = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => KillOftenAsync($"host{lane}", Kills / Lanes, receiver, authority)));

        var lines = receiver.Lines;
        var records = folder.Write("records.ndjson", string.Concat(lines.Select(line => $$"""{"jws":"{{line}}"}""" + "\n")));
        var keys = folder.Write("keys.json", Ledgers.JwkSetOf(hosts.SelectMany(key => Successors(key, lines)).Concat(hosts)));
        var verdict = await AgentProcess.RunAsync("verify", "--keys", keys, "--format", "json", records);

        Assert.True(verdict.ExitCode == 0, verdict.Output + verdict.Error);
        var report = JsonDocument.Parse(verdict.Output).RootElement;
        Assert.Equal(Lanes, report.GetProperty("chains").GetArrayLength());
        Assert.All(report.GetProperty("chains").EnumerateArray(), chain => Assert.Equal(chain.GetProperty("last").GetInt64(), chain.GetProperty("records").GetInt64()));
        // The kills must have hit a service at work, or this proves nothing.
        Assert.True(report.GetProperty("accepted").GetInt64() > Kills / 2, verdict.Output);
        Assert.True(lines.Distinct().Count(line => Ledgers.NextKeyOf(line) is not null) > Kills / 20, "too few rotations");
    }

    /// <returns>The first key of the host, as an enrolment reads it before the service ever runs.</returns>
    async Task<PublicKey> KillOftenAsync(string host, int kills, LoopbackReceiver receiver, Authority authority)
    {
        var random = new Random();
        var client = authority.Client(host);
        var state = folder[$"{host}/state"];
        var configuration = folder.Write($"{host}/agent.json", $$"""
            {
              "host": "{{host}}", "state": "{{state}}", "interval": "10s",
              "logstash": { "urls": ["https://localhost:{{receiver.Port}}/"], "certificateAuthority": "{{authority.File}}", "certificate": "{{client.Certificate}}", "key": "{{client.Key}}" }
            }
            """);
        var shown = await AgentProcess.RunAsync("key", "show", "--config", configuration);
        for (var i = 0; i < kills; i++)
        {
            var (request, isWanted) = (Path.Combine(state, "rotate-key"), random.Next(2) == 0);
            if (isWanted) File.WriteAllBytes(request, []);
            using var agent = AgentProcess.Start(["run", "--config", configuration]);
            // On a busy machine it would seldom come as far as to the rotation.
            if (isWanted && random.Next(3) == 0) await AfterAsync(() => !File.Exists(request), agent, random);
            else if (random.Next(4) == 0) await Task.Delay(random.Next(800));
            else await AfterWriteAsync(state, agent, random);
            if (random.Next(4) == 0) agent.Reload();
            await Task.Delay(random.Next(20));
            await agent.KillAsync();
        }
        receiver.Answer = _ => 200;
        var last = await AgentProcess.RunAsync("run", "--once", "--config", configuration);
        Assert.True(last.ExitCode == 0, last.Error);
        return JsonSerializer.Deserialize<PublicKey>(shown.Output)!;
    }

    /// <summary>Until something in the state directory or its spool has changed, and a moment longer.</summary>
    static async Task AfterWriteAsync(string state, AgentProcess agent, Random random)
    {
        var before = Changed();
        await AfterAsync(() => Changed() != before, agent, random);

        (DateTime, DateTime) Changed() => (Directory.GetLastWriteTimeUtc(state), Directory.GetLastWriteTimeUtc(Path.Combine(state, "spool")));
    }

    static async Task AfterAsync(Func<bool> happened, AgentProcess agent, Random random)
    {
        for (var i = 0; i < 5000 && !happened() && !agent.HasExited; i++) await Task.Delay(2);
        await Task.Delay(random.Next(150));
    }

    /// <summary>The keys that a trusted key has named, and those that these have named.</summary>
    static IEnumerable<PublicKey> Successors(PublicKey first, IReadOnlyList<string> lines)
    {
        var named = lines.Distinct().Where(line => Ledgers.NextKeyOf(line) is not null).ToDictionary(line => Jws.Parse(line, out _)!.KeyId);
        for (var key = first; named.TryGetValue(key.Id!, out var line);)
        {
            key = Ledgers.NextKeyOf(line)!;
            yield return key;
        }
    }
}
