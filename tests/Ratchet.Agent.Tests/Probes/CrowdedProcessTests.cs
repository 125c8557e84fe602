using System.Globalization;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Probes;

/// <summary>A process with all the descriptors that this machine allows (100,000 at the most), or with a million mappings: what is read of it is complete, or little.</summary>
public sealed class CrowdedProcessTests : IDisposable
{
    const string Hold = "use Socket; my @f; while (@f < 100000) { open(my $f, '<', '/dev/null') or last; push @f, $f } splice(@f, -8);"
        + " socket(my $s, PF_INET, SOCK_STREAM, 0) or die; bind($s, pack_sockaddr_in(0, INADDR_LOOPBACK)) && listen($s, 1) or die; $| = 1;"
        + " print scalar(@f), ' ', (unpack_sockaddr_in(getsockname($s)))[0], qq(\\n); sleep";

    const string Map = "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n";

    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_socket_behind_all_descriptors_that_a_process_may_have_has_its_holder()
    {
        using var process = new Daemon(new("/usr/bin/prlimit", ["--nofile=" + Most(), "/usr/bin/perl", "-e", Hold]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true });
        await Wait.UntilAsync(() => process.Said.Contains(' ', StringComparison.Ordinal) || !process.IsRunning, "the process has its descriptors");
        var words = process.Said.Split(' ');
        var (count, port) = (int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture));
        Assert.True(count > 4096, $"only {count} descriptors");
        var machine = new Machine("/", Command.RunAsync);

        var listener = Assert.Single(PortSurvey.Look(machine, [], CancellationToken.None).Listeners, listener => listener.Port == port && listener.Protocol == Protocol.Tcp);
        Assert.Equal([process.Id], listener.Processes);
        var numbers = machine.ListNumbers($"/proc/{process.Id}/fd")!;
        Assert.True(numbers.Count >= count);
        Assert.Equal(numbers.Order(), numbers);
    }

    [Fact]
    public void A_map_with_a_million_lines_is_read_to_its_end_in_little_memory()
    {
        folder.Write("proc/7/maps", string.Concat(Enumerable.Repeat(Map, 1_000_000)) + "7f00-7f01 r-xp 00000000 fd:00 1 /usr/lib/last.so");
        var (machine, count, last) = (new Machine(folder.Path, Command.RunAsync), 0, "");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(ProcLines.Read(machine, "/proc/7/maps", line =>
        {
            if (++count > 1_000_000) last = System.Text.Encoding.ASCII.GetString(line);
            return true;
        }));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal((1_000_001, true), (count, last.EndsWith("/usr/lib/last.so", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_line_of_a_map_that_does_not_end_is_refused()
    {
        folder.Write("proc/7/maps", Map + new string('x', 200_000));
        var count = 0;
        Assert.Contains("has a line of more than", Assert.Throws<IOException>(() => ProcLines.Read(new Machine(folder.Path, Command.RunAsync), "/proc/7/maps", _ => ++count > 0)).Message, StringComparison.Ordinal);
        Assert.Equal(1, count);
    }

    [Fact]
    public void Who_has_seen_enough_reads_no_further_and_who_has_ended_has_no_map()
    {
        var count = 0;
        Assert.True(ProcLines.Read(new Machine("/", Command.RunAsync), "/proc/self/maps", _ => ++count < 3));
        Assert.Equal(3, count);
        folder.Write("proc/7/maps", "");
        Assert.False(ProcLines.Read(new Machine(folder.Path, Command.RunAsync), "/proc/7/maps", _ => true));
        Assert.False(ProcLines.Read(new Machine(folder.Path, Command.RunAsync), "/proc/8/maps", _ => true));
    }

    /// <summary>The hard limit of this machine, or 100,000 and a few.</summary>
    static long Most()
    {
        var hard = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
        return Math.Min(100_016, long.Parse(hard, CultureInfo.InvariantCulture));
    }
}
