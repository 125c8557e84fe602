using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

/// <summary>The service as a process, as systemd runs it.</summary>
[Collection(WholeService.Name)]
public sealed class ServiceTests : IAsyncLifetime, IDisposable
{
    readonly Folder folder = new();
    readonly Authority authority;
    LoopbackReceiver receiver = null!;
    string configuration = "";

    public ServiceTests() => authority = new Authority(folder, "tls");

    public async Task InitializeAsync()
    {
        receiver = await LoopbackReceiver.StartAsync(authority.Server("localhost"));
        configuration = Configure(receiver.Port);
    }

    public async Task DisposeAsync() => await receiver.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task It_tells_the_manager_of_readiness_watchdog_reload_and_stop()
    {
        using var manager = new NotifySocket(folder["notify"]);
        using var agent = Start(("NOTIFY_SOCKET", manager.Path), ("WATCHDOG_USEC", "30000000"));
        await manager.UntilAsync(seen => seen.Contains("READY=1") && seen.Contains("WATCHDOG=1") && seen.Any(message => message.StartsWith("STATUS=", StringComparison.Ordinal)), "READY, WATCHDOG and STATUS");

        agent.Reload();
        await manager.UntilAsync(seen => seen.SkipWhile(message => message != "RELOADING=1").Contains("READY=1"), "READY after RELOADING");
        Assert.Contains(manager.Messages, message => message.StartsWith("MONOTONIC_USEC=", StringComparison.Ordinal) && message.Length > "MONOTONIC_USEC=".Length);
        await Wait.UntilAsync(() => agent.Error.Contains("was read again", StringComparison.Ordinal), "the reload in the journal");

        Assert.Equal(0, await agent.StopAsync());
        await manager.UntilAsync(seen => seen.Contains("STOPPING=1"), "STOPPING");
    }

    [Fact]
    public async Task A_bad_reload_keeps_the_old_configuration_and_says_so()
    {
        using var manager = new NotifySocket(folder["notify"]);
        using var agent = Start(("NOTIFY_SOCKET", manager.Path));
        await manager.UntilAsync(seen => seen.Contains("READY=1"), "READY");
        folder.Write("conf.d/10-bad.json", "{\"interval\": \"5 minutes\"}");

        agent.Reload();
        await manager.UntilAsync(seen => seen.SkipWhile(message => message != "RELOADING=1").Contains("READY=1"), "READY after RELOADING");

        Assert.Contains($"the old one stays in force: {folder["conf.d/10-bad.json"]}: $.interval: ", agent.Error, StringComparison.Ordinal);
        Assert.Equal(0, await agent.StopAsync());
    }

    [Fact]
    public async Task A_stop_ships_the_stop_record_and_leaves_nothing()
    {
        using var agent = Start();
        await ReceivedAsync("sweep");
        Assert.Equal(0, await agent.StopAsync());

        Assert.Equal("stop", Ledgers.ClaimsOf(receiver.Lines[^1]).Action);
        Assert.Empty(Directory.GetFiles(folder["state/spool"]));
    }

    [Fact]
    public async Task A_second_instance_refuses_to_start()
    {
        using var agent = Start();
        await ReceivedAsync("sweep");
        var second = await AgentProcess.RunAsync("run", "--once", "--config", configuration);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("is in use: the agent is running", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_configuration_ends_with_78_and_names_file_and_place()
    {
        var file = folder.Write("bad.json", "{\"interval\": \"1s\"}");
        foreach (var verb in (string[][])[["run"], ["run", "--once"], ["check"], ["config"], ["status"], ["key", "show"]])
        {
            var result = await AgentProcess.RunAsync([.. verb, "--config", file]);
            Assert.Equal((78, ""), (result.ExitCode, result.Output));
            Assert.Contains($"{file}: $.interval: expected at least 10s", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Once_ships_and_ends_well_or_keeps_the_spool_and_says_so()
    {
        var shipped = await AgentProcess.RunAsync("run", "--once", "--config", configuration);
        Assert.True(shipped.ExitCode == 0, shipped.Error);
        var count = receiver.Lines.Length;
        Assert.True(count > 0);

        receiver.Answer = _ => 503;
        var kept = await AgentProcess.RunAsync("run", "--once", "--wait", "1s", "--config", configuration);
        Assert.Equal(1, kept.ExitCode);
        Assert.Contains("left in the spool", kept.Error, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(folder["state/spool"]));

        receiver.Answer = _ => 200;
        Assert.Equal(0, (await AgentProcess.RunAsync("run", "--once", "--config", configuration)).ExitCode);
        Assert.True(receiver.Lines.Length > count);
        Assert.Equal(Enumerable.Range(1, receiver.Lines.Length).Select(number => (long)number), receiver.Lines.Select(line => Ledgers.ClaimsOf(line).Sequence));
    }

    [Fact]
    public async Task Status_tells_healthy_from_not_and_not_running()
    {
        Assert.Equal(3, (await StatusAsync()).ExitCode);
        using (var agent = Start())
        {
            await Wait.UntilAsync(() => File.Exists(folder["state/status.json"]), "status.json");
            await ReceivedAsync("sweep");
            var healthy = await StatusAsync();
            Assert.True(healthy.ExitCode == 0, healthy.Output);
            receiver.Answer = _ => 503;
            agent.Reload();
            await Wait.UntilAsync(() => File.ReadAllText(folder["state/status.json"]).Contains("HTTP 503", StringComparison.Ordinal), "the trouble in status.json");
            var troubled = await StatusAsync();
            Assert.Equal(1, troubled.ExitCode);
            Assert.Contains("HTTP 503", troubled.Output, StringComparison.Ordinal);
            await agent.KillAsync();
        }
        var stopped = await StatusAsync();
        Assert.Equal(3, stopped.ExitCode);
        Assert.Contains("not running; last sweep 20", stopped.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_rotated_by_the_running_service_or_by_the_verb_itself()
    {
        var first = await AgentProcess.RunAsync("key", "show", "--config", configuration);
        var second = await AgentProcess.RunAsync("key", "rotate", "--config", configuration);
        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        using var agent = Start();
        await ReceivedAsync("sweep");
        var third = await AgentProcess.RunAsync("key", "rotate", "--config", configuration);
        Assert.True(third.ExitCode == 0, third.Error);
        Assert.Equal(third.Output, (await AgentProcess.RunAsync("key", "show", "--config", configuration)).Output);
        await agent.StopAsync();

        var keys = new[] { first, second, third }.Select(shown => shown.Output.Trim()).ToArray();
        Assert.Equal(3, keys.Distinct().Count());
        Assert.Equal(2, receiver.Lines.Count(line => Ledgers.NextKeyOf(line) is not null));
        Assert.Empty(Ledgers.Verify(KeySet.Parse($$"""{"keys":[{{string.Join(',', keys)}}]}"""), receiver.Lines).Problems);
    }

    [Fact]
    public async Task A_key_is_prepared_by_the_running_service_and_shown_before_it_is_used()
    {
        var none = await AgentProcess.RunAsync("key", "show", "--next", "--config", configuration);
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("key prepare", none.Error, StringComparison.Ordinal);
        using var agent = Start();
        await ReceivedAsync("sweep");
        var first = await AgentProcess.RunAsync("key", "show", "--config", configuration);
        var prepared = await AgentProcess.RunAsync("key", "prepare", "--config", configuration);
        Assert.True(prepared.ExitCode == 0, prepared.Error);
        Assert.NotEqual(first.Output, prepared.Output);
        Assert.Equal(prepared.Output, (await AgentProcess.RunAsync("key", "show", "--next", "--config", configuration)).Output);
        Assert.Equal(first.Output, (await AgentProcess.RunAsync("key", "show", "--config", configuration)).Output);
        Assert.Equal(prepared.Output, (await AgentProcess.RunAsync("key", "rotate", "--config", configuration)).Output);
        await agent.StopAsync();
    }

    [Fact]
    public async Task A_restart_is_told_in_the_same_chain()
    {
        for (var i = 0; i < 2; i++)
        {
            using var agent = Start();
            await Wait.UntilAsync(() => Actions().Count(action => action == "sweep") > i, "a sweep");
            await agent.StopAsync();
        }

        Assert.Equal(["start", "stop", "start", "stop"], Actions().Where(action => action is "start" or "stop"));
        Assert.Single(receiver.Lines.Select(line => Ledgers.ClaimsOf(line).Chain).Distinct());
    }

    IEnumerable<string> Actions() => receiver.Lines.Select(line => Ledgers.ClaimsOf(line).Action);

    Task ReceivedAsync(string action) => Wait.UntilAsync(() => Actions().Contains(action), action);

    Task<VerbResult> StatusAsync() => AgentProcess.RunAsync("status", "--config", configuration);

    AgentProcess Start(params IEnumerable<(string, string)> environment) => AgentProcess.Start(["run", "--config", configuration], environment);

    string Configure(int port)
    {
        var (certificate, key) = authority.Client("web01");
        return folder.Write("agent.json", $$"""
            {
              "host": "web01", "state": "{{folder["state"]}}",
              "logstash": { "urls": ["https://localhost:{{port}}/"], "certificateAuthority": "{{authority.File}}", "certificate": "{{certificate}}", "key": "{{key}}" }
            }
            """);
    }
}
