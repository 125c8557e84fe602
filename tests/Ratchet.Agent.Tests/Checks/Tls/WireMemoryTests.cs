using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>When a listener is asked again.</summary>
public sealed class WireMemoryTests
{
    readonly HandClock clock = new();
    readonly WireMemory memory = new();
    int asked;
    WireFacts answer = new(Speech.Refusing, "no");

    TlsTarget target = new(TlsServer.NewListener(443, "/usr/sbin/nginx", 10, 11, 12), null, [], new Approach(Opening.Tls));

    WireAnswer Recall(DateTimeOffset? changed = null) => memory.Recall(target, new Machine("/", Command.RunAsync, clock), changed, _ =>
    {
        asked++;
        return Task.FromResult(answer);
    });

    async Task<int> AskedAsync(DateTimeOffset? changed = null)
    {
        await Recall(changed).Facts;
        return asked;
    }

    [Fact]
    public async Task The_last_answer_stands_while_time_alone_speaks_against_it()
    {
        Assert.Null(Recall().Stands);
        await AskedAsync();
        clock.Now += TimeSpan.FromHours(25);
        Assert.Same(answer, Recall().Stands);
        await AskedAsync();
        target = target with { Listener = target.Listener with { Inodes = [2] } };
        Assert.Null(Recall().Stands);
    }

    [Fact]
    public async Task An_answer_lasts_a_day_and_an_unclear_one_an_hour()
    {
        Assert.Equal(1, await AskedAsync());
        clock.Now += TimeSpan.FromHours(23);
        answer = new(Speech.Unclear, "silence");
        Assert.Equal(1, await AskedAsync());
        clock.Now += TimeSpan.FromHours(2);
        Assert.Equal(2, await AskedAsync());
        clock.Now += TimeSpan.FromMinutes(59);
        Assert.Equal(2, await AskedAsync());
        clock.Now += TimeSpan.FromMinutes(2);
        Assert.Equal(3, await AskedAsync());
    }

    [Fact]
    public async Task A_clock_that_was_set_back_does_not_keep_an_answer()
    {
        await AskedAsync();
        clock.Now -= TimeSpan.FromHours(1);
        Assert.Equal(2, await AskedAsync());
    }

    [Fact]
    public async Task Another_socket_another_mark_and_another_name_are_asked_at_once()
    {
        await AskedAsync();
        target = target with { Listener = target.Listener with { Inodes = [2] } };
        Assert.Equal(2, await AskedAsync());
        target = target with { Wire = Wire.Tls };
        Assert.Equal(3, await AskedAsync());
        target = target with { Names = ["portal.example"] };
        Assert.Equal(4, await AskedAsync());
        memory.Keep([]);
        Assert.Equal(5, await AskedAsync());
    }

    [Fact]
    public async Task A_certificate_that_changed_is_asked_for_at_once_and_after_the_reload()
    {
        await AskedAsync();
        var changed = clock.Now += TimeSpan.FromMinutes(1);
        clock.Now += TimeSpan.FromSeconds(5);
        Assert.Equal(2, await AskedAsync(changed));
        clock.Now += TimeSpan.FromMinutes(5);
        Assert.Equal(2, await AskedAsync(changed));
        clock.Now += TimeSpan.FromMinutes(6);
        Assert.Equal(3, await AskedAsync(changed));
        clock.Now += TimeSpan.FromHours(2);
        Assert.Equal(3, await AskedAsync(changed));
    }

    [Fact]
    public async Task A_reload_is_seen_by_its_new_workers()
    {
        await AskedAsync();
        clock.Now += TimeSpan.FromMinutes(11);
        target = target with { Listener = target.Listener with { Processes = [10, 11, 12, 13] } };
        Assert.Equal(1, await AskedAsync());
        target = target with { Listener = target.Listener with { Processes = [10, 21, 22] } };
        Assert.Equal(2, await AskedAsync());
    }

    [Theory]
    [InlineData(new[] { 1, 2, 3 }, new[] { 1, 4, 5 }, true)]
    [InlineData(new[] { 1, 2, 3 }, new[] { 1, 3, 4 }, false)]
    [InlineData(new[] { 1 }, new[] { 2 }, true)]
    [InlineData(new[] { 1 }, new[] { 1, 2 }, false)]
    [InlineData(new int[0], new[] { 1 }, false)]
    public void Workers_that_come_and_go_are_no_reload(int[] before, int[] now, bool replaced) => Assert.Equal(replaced, WireMemory.IsReplaced(before, now));

    [NeedsProgramFact("/usr/bin/openssl")]
    public async Task A_reloaded_server_is_news_before_the_next_sweep()
    {
        using var folder = new Folder();
        using var server = await TlsServer.OpensslAsync(new Authority(folder, "site").Server("portal.example"));
        var machine = new Machine("/", Command.RunAsync, clock);
        target = target with { Listener = TlsServer.NewListener(443, "/usr/bin/openssl", server.Id) };
        await AskedAsync();
        Assert.False(memory.SawReplacement(machine));
        server.Stop();
        Assert.True(memory.SawReplacement(machine));
    }
}
