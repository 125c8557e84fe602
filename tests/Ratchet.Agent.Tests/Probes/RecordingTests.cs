using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Probes;

public sealed class RecordingTests : IDisposable
{
    readonly Folder folder = new();

    public RecordingTests()
    {
        folder.Write("root/etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\n");
        folder.Write("root/etc/group", "root:x:0:\nweb:x:1001:\n");
        folder.Write("commands.txt", "");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Commands_answer_as_recorded_and_others_have_no_answer()
    {
        folder.Write("commands.txt", "$ /bin/a 'b c' d\n> out\n> \n! err\n= 255\n\n$ /bin/b\n");
        var machine = Recording.Open(folder.Path);

        Assert.Equal(new CommandResult(255, "out\n\n", "err\n"), await machine.RunAsync("/bin/a", ["b c", "d"], default));
        Assert.Equal(new CommandResult(0, "", ""), await machine.RunAsync("/bin/b", [], default));
        Assert.Contains("no answer to: /bin/b 'x y'", (await Assert.ThrowsAsync<CommandException>(() => machine.RunAsync("/bin/b", ["x y"], default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Owners_modes_and_times_are_those_of_the_listing()
    {
        folder.Write("root/etc/file", "x");
        folder.Write("listing.txt", "# a comment\n0640 web:web 5 2026-01-02T03:04:05Z /etc/file\n");
        folder.Write("now.txt", "2026-02-01T00:00:00Z\n");
        var machine = Recording.Open(folder.Path);

        var status = machine.Status("/etc/file")!;
        Assert.Equal((FileKind.Regular, "0640", 1000u, 1001u, 5L), (status.Kind, status.OctalMode, status.Uid, status.Gid, status.Size));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), status.Modified);
        Assert.Equal(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), machine.Now);
    }

    [Theory]
    [InlineData("commands.txt", "> out\n", "commands.txt:1: ")]
    [InlineData("commands.txt", "$ /bin/a\n> out\nrubbish\n", "commands.txt:3: ")]
    [InlineData("commands.txt", "$ /bin/a\n= many\n", "commands.txt:2: ")]
    [InlineData("now.txt", "yesterday", "now.txt:1: ")]
    [InlineData("listing.txt", "# one\n0640 web:web 5\n", "listing.txt:2: ")]
    [InlineData("listing.txt", "0640 web 5 2026-01-02T03:04:05Z /etc/file\n", "listing.txt:1: ")]
    [InlineData("listing.txt", "0640 nobody:web 5 2026-01-02T03:04:05Z /etc/file\n", "listing.txt:1: ")]
    [InlineData("listing.txt", "0640 web:web 5 soon /etc/file\n", "listing.txt:1: ")]
    [InlineData("listing.txt", "0999 web:web 5 2026-01-02T03:04:05Z /etc/file\n", "listing.txt:1: ")]
    [InlineData("listing.txt", "0640 web:web much 2026-01-02T03:04:05Z /etc/file\n", "listing.txt:1: ")]
    public void A_malformed_line_is_named(string file, string content, string place)
    {
        folder.Write(file, content);
        Assert.StartsWith(place, Assert.Throws<FormatException>(() => Recording.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_directory_runs_no_commands()
    {
        File.Delete(folder["commands.txt"]);
        await Assert.ThrowsAsync<CommandException>(() => Recording.Open(folder.Path).RunAsync("/bin/true", [], default));
    }
}
