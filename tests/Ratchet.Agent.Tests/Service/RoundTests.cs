using Ratchet.Agent.Checks;
using Ratchet.Agent.Service;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Service;

public sealed class RoundTests
{
    static readonly ICheck[] Checks = [.. new[] { "a.rule", "b.rule", "c.rule" }.Select(id => SmallCheck.OfFile(SmallCheck.NewRule(id)))];

    readonly Round<string> round = new(TimeSpan.FromMilliseconds(200));

    [Fact]
    public async Task One_that_does_not_answer_is_left_out_until_it_has()
    {
        var (hang, asked) = (new TaskCompletionSource(), 0);
        async Task<string> Ask(ICheck check)
        {
            if (check == Checks[1])
            {
                asked++;
                await hang.Task;
            }
            return check.Rules[0].Id;
        }

        Assert.Equal(["a.rule", "c.rule"], await AnswersAsync(Ask));
        Assert.Equal(["a.rule", "c.rule"], await AnswersAsync(Ask));
        Assert.Equal(1, asked);

        hang.SetResult();
        await Wait.UntilAsync(() => AnswersAsync(Ask).GetAwaiter().GetResult().Count == 3, "the answer of the one that hung");
    }

    [Fact]
    public async Task All_may_hang_and_none_is_asked_twice()
    {
        var (hang, asked) = (new TaskCompletionSource(), 0);
        async Task<string> Ask(ICheck check)
        {
            Interlocked.Increment(ref asked);
            await hang.Task;
            return "";
        }

        Assert.Empty(await AnswersAsync(Ask));
        Assert.Empty(await AnswersAsync(Ask));
        Assert.Equal(3, asked);
        hang.SetResult();
    }

    /// <summary>The end of the time and the last answer meet in some of these rounds.</summary>
    [Fact]
    public async Task An_answer_in_the_moment_when_the_time_is_over_ends_no_round()
    {
        for (var i = 0; i < 2000; i++)
            Assert.InRange((await new Round<string>(TimeSpan.Zero).AskAsync(Checks, check => Task.FromResult(check.Rules[0].Id), default)).Count, 0, Checks.Length);
    }

    [Fact]
    public async Task What_an_answer_throws_the_asker_hears() =>
        await Assert.ThrowsAsync<IOException>(() => round.AskAsync(Checks, _ => throw new IOException("no"), default));

    async Task<List<string>> AnswersAsync(Func<ICheck, Task<string>> ask) => [.. (await round.AskAsync(Checks, ask, default)).Select(one => one.Answer)];
}
