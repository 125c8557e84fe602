using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>Where the private key of a running agent is, and where it is not.</summary>
public sealed class KeySecrecyTests : IDisposable
{
    /// <summary>SIGSYS: ends with a core dump, and .NET has no handler of its own for it.</summary>
    const int BadCall = 31;

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [NeedsCoreDumpsFact]
    public async Task An_agent_that_crashes_leaves_no_core_dump()
    {
        using var agent = await RunningAsync();
        await CrashAsync(agent);
        Assert.Empty(Directory.GetFiles(folder["crash"]));
    }

    /// <summary>Root has raised the limit, as a handler behind a pipe does not even have to.</summary>
    [NeedsCoreDumpsFact]
    public async Task A_core_dump_that_root_forces_holds_no_private_key()
    {
        using var agent = await RunningAsync();
        Tool("prlimit", $"--pid={agent.Id}", "--core=unlimited:");
        await CrashAsync(agent);
        Assert.False(HoldsKey(Assert.Single(Directory.GetFiles(folder["crash"]))));
    }

    /// <summary>What the test above would see without the filter.</summary>
    [NeedsCoreDumpsFact]
    public async Task The_key_is_in_the_memory_that_the_filter_leaves_out()
    {
        using var agent = await RunningAsync();
        Tool("prlimit", $"--pid={agent.Id}", "--core=unlimited:");
        File.WriteAllText($"/proc/{agent.Id}/coredump_filter", "0x33");
        await CrashAsync(agent);
        Assert.True(HoldsKey(Assert.Single(Directory.GetFiles(folder["crash"]))));
    }

    [Fact]
    public async Task The_private_key_is_in_its_file_and_nowhere_else()
    {
        using var agent = await RunningAsync();
        File.WriteAllBytes(folder["state/rotate-key"], []);
        await Wait.UntilAsync(() => !File.Exists(folder["state/rotate-key"]), "rotation");
        await agent.StopAsync();

        foreach (var file in Directory.GetFiles(folder["state"], "*", SearchOption.AllDirectories))
            Assert.Equal(Path.GetFileName(file) == "key.pem", HoldsKey(file));
        Assert.DoesNotContain("PRIVATE KEY", agent.Error, StringComparison.Ordinal);
        Assert.False(Holds(Encoding.UTF8.GetBytes(agent.Error)));
    }

    /// <summary>As the kernel saw it: created under a name that nobody else can have, with its mode, before the first byte.</summary>
    [NeedsProgramFact("/usr/bin/strace")]
    public void The_key_file_is_private_before_it_has_content()
    {
        folder.Write("agent.json", $$"""{"state": "{{folder["state"]}}"}""");
        Tool("strace", ["-f", "-o", folder["trace"], "-e", "trace=open,openat,chmod,fchmod,fchmodat", .. AgentProcess.Words, "key", "show", "--config", folder["agent.json"]]);

        var calls = File.ReadAllLines(folder["trace"]).Where(line => line.Contains("key.pem", StringComparison.Ordinal)).ToList();
        var created = calls.FindIndex(line => line.Contains("O_CREAT", StringComparison.Ordinal));
        Assert.True(created >= 0, string.Join('\n', calls));
        Assert.Matches("O_CREAT.*O_EXCL|O_EXCL.*O_CREAT", calls[created]);
        Assert.Matches(", 0600\\) *= ", calls[created]);
        Assert.DoesNotContain(calls, line => line.Contains("chmod", StringComparison.Ordinal) && !line.Contains("0600", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1.3.132.0.10")]
    [InlineData("1.3.132.0.34")]
    public void A_key_of_another_curve_is_refused(string curve)
    {
        using var other = ECDsa.Create(ECCurve.CreateFromValue(curve));
        folder.Write("key.pem", other.ExportPkcs8PrivateKeyPem());
        Assert.Throws<InvalidDataException>(() => SigningKey.Load(folder["key.pem"]));
    }

    [Fact]
    public void A_public_key_alone_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        folder.Write("key.pem", key.ExportSubjectPublicKeyInfoPem());
        Assert.Throws<InvalidDataException>(() => SigningKey.Load(folder["key.pem"]));
    }

    async Task<AgentProcess> RunningAsync()
    {
        Directory.CreateDirectory(folder["crash"]);
        folder.Write("agent.json", $$"""{"state": "{{folder["state"]}}", "interval": "1h"}""");
        var agent = AgentProcess.StartIn(folder["crash"], ["run", "--config", folder["agent.json"]]);
        await Wait.UntilAsync(() => File.Exists(folder["state/status.json"]), "start");
        return agent;
    }

    static async Task CrashAsync(AgentProcess agent)
    {
        Tool("kill", $"-{BadCall}", $"{agent.Id}");
        await Wait.UntilAsync(() => agent.HasExited, "end");
    }

    bool HoldsKey(string file) => Holds(File.ReadAllBytes(file));

    /// <summary>As big-endian number, as OpenSSL's number in memory, or as text of its file.</summary>
    bool Holds(ReadOnlySpan<byte> content)
    {
        using var key = ECDsa.Create();
        var pem = File.ReadAllText(folder["state/key.pem"]);
        key.ImportFromPem(pem);
        var number = key.ExportParameters(includePrivateParameters: true).D!;
        return content.IndexOf(number) >= 0 || content.IndexOf((byte[])[.. number.Reverse()]) >= 0 || content.IndexOf(Encoding.ASCII.GetBytes(pem.Split('\n')[1])) >= 0;
    }

    static void Tool(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}

/// <summary>A test that makes the kernel write core dumps into the working directory of what crashes.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NeedsCoreDumpsFactAttribute : FactAttribute
{
    public NeedsCoreDumpsFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root";
        else if (!File.ReadAllText("/proc/self/limits").Split('\n').First(line => line.StartsWith("Max core", StringComparison.Ordinal)).Contains("unlimited", StringComparison.Ordinal)) Skip = "needs a hard limit of core dumps that is not 0";
        else if (!File.Exists("/usr/bin/prlimit")) Skip = "needs prlimit (util-linux)";
        else if (File.ReadAllText("/proc/sys/kernel/core_pattern").TrimEnd() is var pattern && pattern.AsSpan().ContainsAny('|', '/', '@')) Skip = $"needs core dumps in the working directory; kernel.core_pattern is {pattern}";
    }
}
