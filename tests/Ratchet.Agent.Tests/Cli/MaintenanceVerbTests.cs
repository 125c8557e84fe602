using System.Text.Json.Nodes;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Cli;

/// <summary>The maintenance verb against the service as a process, and without one.</summary>
[Collection(WholeService.Name)]
public sealed class MaintenanceVerbTests : IDisposable
{
    readonly Folder folder = new();
    readonly string configuration;

    public MaintenanceVerbTests() => configuration = folder.Write("agent.json", $$"""{"state": "{{folder["state"]}}"}""");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_running_service_records_start_and_stop_and_status_shows_the_window()
    {
        using var agent = AgentProcess.Start(["run", "--config", configuration]);
        await Wait.UntilAsync(() => File.Exists(folder["state/status.json"]), "the first sweep");

        var started = await AskAsync("start", "--for", "2h", "--reason", "kernel update");
        Assert.True(started.ExitCode == 0, started.Error);
        Assert.Contains("alerts are held back: kernel update", started.Output, StringComparison.Ordinal);
        await Wait.UntilAsync(() => File.ReadAllText(folder["state/status.json"]).Contains("kernel update", StringComparison.Ordinal), "the window in status.json");
        Assert.Contains("alerts are held back: kernel update", (await AgentProcess.RunAsync("status", "--config", configuration)).Output, StringComparison.Ordinal);

        var stopped = await AskAsync("stop");
        Assert.Equal((0, "no maintenance: alerts are told\n"), (stopped.ExitCode, stopped.Output));
        Assert.Equal(["maintenance-started", "maintenance-ended"], Recorded());
        Assert.Equal(0, await agent.StopAsync());
    }

    [Fact]
    public async Task A_service_that_is_down_begins_the_window_when_it_starts()
    {
        Assert.Equal(0, (await AgentProcess.RunAsync("key", "show", "--config", configuration)).ExitCode);
        var asked = await AskAsync("start", "--for", "30m", "--reason", "new disk");
        Assert.Equal(0, asked.ExitCode);
        Assert.Contains("the service is not running: the window begins when it starts", asked.Output, StringComparison.Ordinal);

        using var agent = AgentProcess.Start(["run", "--config", configuration]);
        await Wait.UntilAsync(() => Recorded().Contains("maintenance-started"), "the window");
        Assert.Contains("new disk", (await AskAsync("status")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await agent.StopAsync());
    }

    [Theory]
    [InlineData("25h", "r", "--for: expected at most 24h")]
    [InlineData("0s", "r", "--for: expected a duration")]
    [InlineData("soon", "r", "--for: expected a duration")]
    [InlineData("2h", " ", "--reason: expected why")]
    public async Task What_is_not_bounded_or_not_explained_is_refused(string length, string reason, string message)
    {
        Directory.CreateDirectory(folder["state"]);
        var refused = await AskAsync("start", "--for", length, "--reason", reason);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains(message, refused.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder["state"]));
    }

    [Fact]
    public async Task Where_the_service_has_never_run_there_is_nobody_to_ask()
    {
        var refused = await AskAsync("stop");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the service has never run here", refused.Error, StringComparison.Ordinal);
    }

    Task<VerbResult> AskAsync(string verb, params string[] options) => AgentProcess.RunAsync(["maintenance", verb, .. options, "--config", configuration]);

    /// <summary>From the files themselves: a spool that is opened tidies up, under the hands of the service that runs.</summary>
    List<string> Recorded() =>
    [
        .. Directory.EnumerateFiles(folder["state/spool"]).Where(file => Batch.Parse(Path.GetFileName(file)) is not null).Order(StringComparer.Ordinal)
            .SelectMany(File.ReadAllLines).Select(Ledgers.PayloadOf).Select(ActionOf).Where(action => action.StartsWith("maintenance", StringComparison.Ordinal)),
    ];

    static string ActionOf(JsonObject payload) => (string)payload["event"]!["action"]!;
}
