using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

/// <summary>The spool's directory is taken from the service, which runs as a user of its own: root would not notice.</summary>
public sealed class UnreadableSpoolTests : IAsyncLifetime, IDisposable
{
    const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, Passable = Open | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    const string User = "65534";

    readonly Folder folder = new();
    readonly Authority authority;
    LoopbackReceiver receiver = null!;

    public UnreadableSpoolTests() => authority = new Authority(folder, "tls");

    string Spool => folder["state/spool"];

    public async Task InitializeAsync()
    {
        receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        Directory.CreateDirectory(folder["state"]);
        folder.Write("agent.json", $$"""
            {
              "host": "web01", "state": "{{folder["state"]}}", "interval": "10s",
              "logstash": { "urls": ["https://localhost:{{receiver.Port}}/"], "certificateAuthority": "{{authority.File}}", "certificate": "{{authority.Client("web01").Certificate}}", "key": "{{authority.Client("web01").Key}}" }
            }
            """);
        File.SetUnixFileMode(folder.Path, Passable);
        if (Environment.IsPrivilegedProcess) Programs.Run("/bin/chown", "-R", $"{User}:{User}", folder["state"], folder["tls"]);
    }

    public async Task DisposeAsync() => await receiver.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [NeedsUnprivilegedFact]
    public async Task A_start_names_the_directory_and_begins_no_other_chain()
    {
        receiver.Answer = _ => 503;
        Assert.Equal(1, await OnceAsync(_ => { }));
        var before = new Spool(Spool).Records();
        File.SetUnixFileMode(Spool, UnixFileMode.None);
        Assert.NotInRange(await OnceAsync(said => Assert.Contains($"Access to the path '{Spool}' is denied", said, StringComparison.Ordinal)), 0, 0);
        File.SetUnixFileMode(Spool, Open);
        receiver.Answer = _ => 200;
        Assert.Equal(0, await OnceAsync(_ => { }));

        AssertWhole(before);
    }

    [NeedsUnprivilegedFact]
    public async Task A_running_service_says_so_sweeps_on_and_loses_nothing()
    {
        using var agent = Start("run");
        await ReceivedAsync(1);
        receiver.Answer = _ => 503;
        folder.Write("agent.json", File.ReadAllText(folder["agent.json"]).Replace("10s", "11s", StringComparison.Ordinal));
        agent.Reload();
        await Wait.UntilAsync(() => Directory.GetFiles(Spool).Length > 0, "a batch that waits");
        var waiting = new Spool(Spool).Records();
        File.SetUnixFileMode(Spool, UnixFileMode.None);
        await Wait.UntilAsync(() => agent.Error.Contains("could not be written to the spool", StringComparison.Ordinal), "the failed write in the journal");
        File.SetUnixFileMode(Spool, Open);
        receiver.Answer = _ => 200;
        var before = receiver.Lines.Length;
        await ReceivedAsync(before + 1);
        Assert.Equal(0, await agent.StopAsync());

        AssertWhole(waiting);
    }

    /// <summary>All that came is one chain without a hole, and these records are in it.</summary>
    void AssertWhole(IEnumerable<string> records)
    {
        var shown = SigningKey.Load(folder["state/key.pem"])!;
        using (shown)
        {
            var report = Ledgers.Verify(Ledgers.KeySetOf(shown.ToPublicKey("web01")), receiver.Lines);
            Assert.Empty(report.Problems);
            Assert.Equal("first-start", Assert.Single(report.Chains).Reason);
            Assert.Equal(0, report.Chains[0].Declared);
        }
        Assert.Subset(receiver.Lines.ToHashSet(), records.ToHashSet());
    }

    Task ReceivedAsync(int count) => Wait.UntilAsync(() => receiver.Lines.Length >= count, "records at the receiver");

    async Task<int> OnceAsync(Action<string> said)
    {
        using var agent = Start("run", "--once", "--wait", "5s");
        var code = await agent.WaitAsync();
        said(agent.Error);
        return code;
    }

    AgentProcess Start(params string[] arguments) => AgentProcess.StartAs(User, [.. arguments, "--config", folder["agent.json"]]);
}
