using Ratchet.Agent.Checks;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Probes;

public sealed class SharedLooksTests : IDisposable
{
    static readonly Rule One = SmallCheck.NewRule("test.one"), Two = SmallCheck.NewRule("test.two");

    readonly Folder folder = new();
    int looks;

    readonly Machine machine;

    public SharedLooksTests()
    {
        folder.Write("state", "good");
        machine = new Machine(folder.Path, (_, _, _) => throw new CommandException("no commands"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Checks_of_one_sweep_look_once_and_depend_on_the_same_files()
    {
        var sweep = NewSweep();
        ICheck[] checks = [Sharing(One), Sharing(Two)];
        var runs = await sweep.RunAsync(checks, CancellationToken.None);
        Assert.All(runs, run => Assert.Equal("good", Assert.Single(run.Findings).Message));
        Assert.Equal(1, looks);
        Assert.All(runs, run => Assert.False(run.Files!.HaveChanged(machine)));

        // The next sweep looks anew, also where one of them runs alone.
        folder.Write("state", "bad");
        Assert.All(runs, run => Assert.True(run.Files!.HaveChanged(machine)));
        Assert.Equal("bad", Assert.Single((await sweep.RunAsync([checks[1]], CancellationToken.None))[0].Findings).Message);
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task What_a_look_throws_everybody_hears()
    {
        Task<string> Refuse(Machine machine) => throw new IOException("no");
        ICheck[] checks = [.. new[] { One, Two }.Select(rule => new SmallCheck(async (machine, _) => [Finding.Pass(rule, "s", await machine.ShareAsync("key", Refuse))], rule))];
        var runs = await NewSweep().RunAsync(checks, CancellationToken.None);
        Assert.All(runs, run => Assert.Equal((Outcome.Unknown, "could not look: no (IOException)"), (run.Findings[0].Outcome, run.Findings[0].Message)));
    }

    Sweep NewSweep() => new(machine, TimeSpan.FromSeconds(10), new Waivers([]), isFollowed: true);

    SmallCheck Sharing(Rule rule) => new(async (machine, _) => [Finding.Pass(rule, "s", await machine.ShareAsync("key", ReadAsync))], rule);

    async Task<string> ReadAsync(Machine machine)
    {
        Interlocked.Increment(ref looks);
        await Task.Yield();
        return machine.ReadText("/state")!;
    }
}
