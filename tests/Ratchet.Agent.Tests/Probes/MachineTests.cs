using System.Diagnostics;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Probes;

/// <summary>A missing file is null, an unreadable one throws, nothing hangs, and no link leads out of a root.</summary>
public sealed class MachineTests : IDisposable
{
    readonly Folder folder = new();
    readonly Machine machine;

    public MachineTests()
    {
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        folder.Write("root/etc/file", "inside");
        folder.Write("secret", "outside");
        machine = NewMachine("root");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_missing_file_is_null()
    {
        Assert.Null(machine.ReadText("/etc/none"));
        Assert.Null(machine.ReadText("/none/none"));
        Assert.Null(machine.ReadText("/etc/file/none"));
        Assert.Null(machine.Status("/etc/none"));
        Assert.Null(machine.List("/none"));
        Assert.Null(machine.ReadLink("/etc/none"));
        Assert.Null(machine.ReadLink("/etc/file"));
        Assert.Null(machine.ReadUntrusted("/none", "x", 10));
        Assert.Null(machine.ReadUntrusted("/etc", "none", 10));
    }

    [Theory]
    [InlineData("/etc/secret", "SECRET")]
    [InlineData("/etc/secret", "../../secret")]
    [InlineData("/etc/secret", "/../../../../../../../../../../SECRET")]
    [InlineData("/etc/secret", "/proc/self/root/SECRET")]
    public void No_link_leads_out_of_a_root(string link, string target)
    {
        File.CreateSymbolicLink(folder["root" + link], target.Replace("SECRET", folder["secret"], StringComparison.Ordinal));

        Assert.Null(machine.ReadText(link));
        Assert.Null(machine.Status(link));
    }

    [Fact]
    public void Dots_do_not_lead_out_of_a_root_and_a_linked_directory_stays_inside()
    {
        Assert.Null(machine.ReadText("/../secret"));
        Assert.Null(machine.ReadText("/etc/../../secret"));
        Assert.Null(machine.ReadUntrusted("/..", "secret", 10));
        File.CreateSymbolicLink(folder["root/there"], "/etc");
        Assert.Equal("inside", machine.ReadText("/there/file"));
        File.CreateSymbolicLink(folder["root/out"], folder.Path);
        Assert.Null(machine.List("/out"));
        Assert.Empty(machine.Glob("/out/*"));
    }

    [Theory]
    [InlineData("etc/file", 0b110_100_100, true)]
    [InlineData("etc/file", 0b110_100_000, false)]
    [InlineData("closed/file", 0b110_100_100, false)]
    [InlineData("etc/link", 0b110_100_100, false)]
    public void In_the_place_of_an_account_nothing_is_read_that_is_closed_to_it(string path, int mode, bool isRead)
    {
        var live = new Machine("/", (_, _, _) => throw new CommandException("none"));
        var stranger = live.ReadingAs(new Reader("a stranger", 4_000_000_000, new HashSet<uint>()));
        folder.Write("root/closed/file", "inside");
        File.CreateSymbolicLink(folder["root/etc/link"], folder["root/closed/file"]);
        foreach (var file in new[] { "root/etc/file", "root/closed/file" }) File.SetUnixFileMode(folder[file], (UnixFileMode)mode);
        File.SetUnixFileMode(folder["root/closed"], (UnixFileMode)0b111_000_000);
        var whole = folder["root/" + path];

        if (isRead) Assert.Equal("inside", stranger.ReadText(whole));
        else Assert.Contains("a stranger may not read it", Assert.Throws<IOException>(() => stranger.ReadText(whole)).Message, StringComparison.Ordinal);
        Assert.NotNull(live.ReadText(whole));
        if (!isRead && path != "etc/file") Assert.Throws<IOException>(() => stranger.Unwatched().List(folder["root/closed"]));
    }

    [Fact]
    public void What_is_there_and_cannot_be_read_throws()
    {
        File.CreateSymbolicLink(folder["root/etc/loop"], "loop");
        folder.Write("root/etc/big", new string('x', 101));

        Assert.Throws<IOException>(() => machine.ReadText("/etc/loop"));
        Assert.Throws<IOException>(() => machine.Status("/etc/loop"));
        Assert.Contains("directory, not a regular file", Assert.Throws<IOException>(() => machine.ReadText("/etc")).Message, StringComparison.Ordinal);
        Assert.Contains("more than the 100", Assert.Throws<IOException>(() => machine.ReadText("/etc/big", 100)).Message, StringComparison.Ordinal);
        Assert.Equal(101, machine.ReadText("/etc/big", 101)!.Length);
        Assert.Throws<IOException>(() => machine.ReadText("/etc/" + new string('n', 300)));
    }

    [Fact]
    public void Pipes_devices_and_sockets_are_refused_at_once()
    {
        Run("mkfifo", folder["root/etc/pipe"]);
        var live = new Machine("/", (_, _, _) => throw new CommandException("none"));

        Assert.Contains("fifo", Assert.Throws<IOException>(() => machine.ReadText("/etc/pipe")).Message, StringComparison.Ordinal);
        Assert.Contains("fifo", Assert.Throws<IOException>(() => machine.ReadUntrusted("/etc", "pipe", 10)).Message, StringComparison.Ordinal);
        Assert.Contains("device", Assert.Throws<IOException>(() => live.ReadText("/dev/zero")).Message, StringComparison.Ordinal);
        Assert.Contains("device", Assert.Throws<IOException>(() => live.ReadUntrusted("/dev", "zero", 10)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_says_it_is_empty_and_never_ends_is_cut_off()
    {
        var live = new Machine("/", (_, _, _) => throw new CommandException("none"));

        Assert.Equal(0, live.Status("/proc/self/maps")!.Size);
        Assert.NotEmpty(live.ReadText("/proc/self/maps")!);
        Assert.Contains("more than the 100", Assert.Throws<IOException>(() => live.ReadText("/proc/self/maps", 100)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("home", "home/user", "home/user/.ssh/keys", false)]
    [InlineData("home/user/.ssh", "../../etc", "", true)]
    [InlineData("home/user/.ssh/keys", "../../../etc/file", "", true)]
    [InlineData("home/user/.ssh/keys", "/etc/file", "", true)]
    [InlineData("home/user/.ssh/keys", "keys", "", true)]
    [InlineData("home/user/.ssh/keys", "of-the-same-directory", "", true)]
    [InlineData("home/user/.ssh", "of-the-same-home", "", true)]
    public void Below_an_untrusted_directory_no_link_is_followed_in_any_component(string link, string target, string file, bool isRefused)
    {
        if (isRefused)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder["root/" + link])!);
            File.CreateSymbolicLink(folder["root/" + link], target);
            var refused = Assert.Throws<IOException>(() => machine.ReadUntrusted("/home/user", ".ssh/keys", 100));
            Assert.Contains("symbolic link", refused.Message, StringComparison.Ordinal);
        }
        else
        {
            folder.Write("root/" + file, "key");
            Assert.Equal("key"u8.ToArray(), machine.ReadUntrusted("/home/user", ".ssh/keys", 3));
            Assert.Throws<IOException>(() => machine.ReadUntrusted("/home/user", ".ssh/keys", 2));
        }
    }

    [Fact]
    public void Dots_do_not_lead_out_of_an_untrusted_directory()
    {
        Directory.CreateDirectory(folder["root/home/user"]);
        Assert.Throws<IOException>(() => machine.ReadUntrusted("/home/user", "../../etc/file", 100));
    }

    [Fact]
    public void Lists_and_patterns_are_sorted_and_hide_dot_files_as_the_shell_does()
    {
        foreach (var name in (string[])["b.conf", "a.conf", ".hidden.conf", "c.txt"]) folder.Write("root/etc/d/" + name, "");

        Assert.Equal([".hidden.conf", "a.conf", "b.conf", "c.txt"], machine.List("/etc/d"));
        Assert.Equal(["/etc/d/a.conf", "/etc/d/b.conf"], machine.Glob("/etc/d/*.conf"));
        Assert.Equal(["/etc/d/a.conf", "/etc/d/b.conf"], machine.Glob("/*/d/[ab].c?nf"));
        Assert.Empty(machine.Glob("/none/*"));
    }

    [Fact]
    public void A_pattern_that_is_longer_than_any_path_is_refused() =>
        Assert.Contains("longer than any path", Assert.Throws<IOException>(() => machine.Glob(string.Concat(Enumerable.Repeat("/a", 3000)))).Message, StringComparison.Ordinal);

    [Fact]
    public void What_was_looked_at_is_traced_also_in_vain()
    {
        var trace = new FileTrace();
        var traced = machine.WithTrace(trace);
        traced.ReadText("/etc/file");
        traced.Status("/etc/none");
        traced.ReadUntrusted("/etc", "keys", 10);
        traced.ReadText("/proc/version");

        Assert.Equal([("/etc", false), ("/etc/file", true), ("/etc/keys", true), ("/etc/none", false)], trace.Paths.Select(path => (path, trace.HasContent(path))));
    }

    [Fact]
    public void The_stamp_of_a_directory_alone_is_of_its_owner_and_mode()
    {
        var live = new Machine("/", (_, _, _) => throw new CommandException("none"));
        var directory = folder["root/etc"];
        var (alone, whole) = (live.Stamp(directory, withContent: false), live.Stamp(directory));
        folder.Write("root/etc/more", "");
        Assert.Equal(alone, live.Stamp(directory, withContent: false));
        Assert.NotEqual(whole, live.Stamp(directory));
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_000_000);
        Assert.NotEqual(alone, live.Stamp(directory, withContent: false));
        // A file has no content but its own.
        alone = live.Stamp(folder["root/etc/more"], withContent: false);
        folder.Write("root/etc/more", "x");
        Assert.NotEqual(alone, live.Stamp(folder["root/etc/more"], withContent: false));
    }

    [Fact]
    public void What_two_checks_of_a_sweep_need_is_looked_at_once_and_watched_by_both()
    {
        FileTrace first = new(), second = new();
        var (sweep, looks) = (machine.ForSweep(), 0);
        string Look(Machine shared)
        {
            looks++;
            return shared.ReadText("/etc/file")!;
        }
        Assert.Equal(sweep.WithTrace(first).Share("file", Look), sweep.WithTrace(second).Share("file", Look));
        Assert.Equal(1, looks);
        Assert.Equal(["/etc/file"], first.Paths);
        Assert.Equal(["/etc/file"], second.Paths);

        // The next sweep looks anew, and so does who is in none.
        machine.ForSweep().Share("file", Look);
        machine.Share("file", Look);
        Assert.Equal(3, looks);
    }

    [Fact]
    public void What_cannot_be_seen_is_an_error_for_each_who_asks()
    {
        var sweep = machine.ForSweep();
        foreach (var _ in new[] { 1, 2 }) Assert.Throws<IOException>(() => sweep.Share<string>("broken", _ => throw new IOException("broken")));
    }

    [NeedsRootFact]
    public void A_file_that_the_reader_may_not_read_is_unreadable_and_not_missing()
    {
        Directory.CreateDirectory(folder["root/closed"]);
        folder.Write("root/closed/file", "x");
        File.SetUnixFileMode(folder["root/closed"], UnixFileMode.None);
        File.SetUnixFileMode(folder["root/etc/file"], UnixFileMode.None);

        AsNobody(() =>
        {
            Assert.Contains("Permission denied", Assert.Throws<IOException>(() => machine.ReadText("/etc/file")).Message, StringComparison.Ordinal);
            Assert.Contains("Permission denied", Assert.Throws<IOException>(() => machine.ReadUntrusted("/etc", "file", 10)).Message, StringComparison.Ordinal);
            Assert.Throws<IOException>(() => machine.ReadText("/closed/file"));
            Assert.Throws<IOException>(() => machine.ReadText("/closed/none"));
            Assert.Throws<IOException>(() => machine.Status("/closed/none"));
            Assert.Throws<IOException>(() => machine.List("/closed"));
            Assert.Null(machine.ReadText("/etc/none"));
        });
    }

    /// <summary>Runs on a thread whose file accesses are those of nobody: root may read everything.</summary>
    static void AsNobody(Action action)
    {
        Exception? thrown = null;
        var thread = new Thread(() =>
        {
            _ = setfsuid(65534);
            thrown = Record.Exception(action);
        });
        thread.Start();
        thread.Join();
        if (thrown is not null) throw thrown;
    }

    [System.Runtime.InteropServices.DllImport("libc")]
    static extern int setfsuid(uint uid);

    Machine NewMachine(string root) => new(folder[root], (_, _, _) => throw new CommandException("none"));

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
