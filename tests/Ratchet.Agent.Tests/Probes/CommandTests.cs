using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Probes;

public sealed class CommandTests : IDisposable
{
    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Output_error_and_exit_code_are_an_answer() =>
        Assert.Equal(new CommandResult(3, "out\n", "err\n"), await ShellAsync("echo out; echo err >&2; exit 3"));

    [Fact]
    public async Task Arguments_reach_the_program_as_they_are() =>
        Assert.Equal("$(id)|a b|;|\"", (await Command.RunAsync("/bin/sh", ["-c", "printf '%s|%s|%s|%s' \"$@\"", "sh", "$(id)", "a b", ";", "\""], default)).Output);

    [Fact]
    public async Task The_environment_is_fixed_and_nothing_is_on_standard_input()
    {
        Environment.SetEnvironmentVariable("LD_LIBRARY_PATH_OF_TEST", "x");
        var lines = (await Command.RunAsync("/usr/bin/env", [], default)).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"], lines.Order(StringComparer.Ordinal));
        Assert.Equal("/\n", (await ShellAsync("cat; pwd")).Output);
    }

    [Fact]
    public async Task A_program_that_is_missing_says_so() =>
        Assert.Contains("/no/such/program: cannot be started", (await Assert.ThrowsAsync<CommandException>(() => Command.RunAsync("/no/such/program", [], default))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_program_that_prints_without_end_is_ended()
    {
        foreach (var stream in (string[])["", ">&2"])
            Assert.Contains("printed more than", (await Assert.ThrowsAsync<CommandException>(() => ShellAsync($"yes {stream}"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_cancelled_is_ended_with_its_children()
    {
        using var cancel = new CancellationTokenSource();
        var running = Command.RunAsync("/bin/sh", ["-c", $"sleep 600 & echo $! >{folder["pid"]}; wait"], cancel.Token);
        await Wait.UntilAsync(() => File.Exists(folder["pid"]) && File.ReadAllText(folder["pid"]).EndsWith('\n'), "the child");
        var child = File.ReadAllText(folder["pid"]).Trim();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Wait.UntilAsync(() => IsGone(child), "the end of the child");
    }

    [Fact]
    public async Task A_program_that_heeds_no_signal_is_ended_with_its_children_and_who_left_them_keeps_nobody_waiting()
    {
        var script = $"trap '' TERM INT HUP; sleep 600 & echo $! >>{folder["family"]}; setsid -f sh -c 'echo $$ >>{folder["stranger"]}; exec sleep 600'; echo $$ >>{folder["family"]}; while :; do wait; done";
        try
        {
            Assert.Contains("no answer within 2 s", (await Assert.ThrowsAsync<CommandException>(() => Command.RunAsync("/bin/sh", ["-c", script], TimeSpan.FromSeconds(2), default))).Message, StringComparison.Ordinal);
            await Wait.UntilAsync(() => File.ReadAllLines(folder["family"]).All(IsGone), "the end of the program and its child");
            Assert.False(IsGone(File.ReadAllText(folder["stranger"]).Trim()));
        }
        finally
        {
            Programs.Run("/bin/kill", "-9", File.ReadAllText(folder["stranger"]).Trim());
        }
    }

    [Fact]
    public async Task A_program_that_takes_too_long_is_ended() =>
        Assert.Contains("no answer within 10 s", (await Assert.ThrowsAsync<CommandException>(() => ShellAsync("sleep 600"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Broken_bytes_are_replaced() => Assert.Equal("a\ufffdb", (await ShellAsync(@"printf 'a\377b'")).Output);

    static Task<CommandResult> ShellAsync(string script) => Command.RunAsync("/bin/sh", ["-c", script], default);

    /// <summary>A zombie that nobody has waited for counts as gone.</summary>
    static bool IsGone(string pid) => !File.Exists($"/proc/{pid}/stat") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
}
