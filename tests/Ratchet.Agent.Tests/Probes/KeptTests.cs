using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Probes;

public sealed class KeptTests : IDisposable
{
    readonly Folder folder = new();
    readonly Kept<string> kept = new();
    readonly Machine machine;
    int reads;

    public KeptTests()
    {
        folder.Write("a", "one");
        // A file of the same moment may have been read before its last change: it would be read again.
        File.SetLastWriteTimeUtc(folder["a"], DateTime.UtcNow.AddDays(-1));
        Thread.Sleep(50);
        machine = new Machine(folder.Path, (_, _, _) => throw new CommandException("none"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_is_read_again_only_when_it_changed()
    {
        Assert.Equal(["one", "one"], [Read(), Read()]);
        Assert.Equal(1, reads);
        folder.Write("a", "two");
        Assert.Equal("two", Read());
        // Written while it was read, as far as times tell: once more.
        Thread.Sleep(50);
        Assert.Equal(["two", "two"], [Read(), Read()]);
        Assert.InRange(reads, 2, 3);
        File.Delete(folder["a"]);
        Assert.Equal("nothing", Read());
    }

    [Fact]
    public void Another_question_is_asked_anew()
    {
        Assert.Equal(["one", "one", "one"], [Read("x"), Read("y"), Read("x")]);
        Assert.Equal(3, reads);
    }

    [Fact]
    public void What_is_malformed_stays_so_until_it_changes()
    {
        for (var i = 0; i < 3; i++) Assert.Equal("bad", Assert.Throws<FormatException>(() => Read(make: _ => throw new FormatException("bad"))).Message);
        Assert.Equal(1, reads);
        folder.Write("a", "two");
        Assert.Equal("two", Read());
    }

    [Fact]
    public void What_could_not_be_read_is_tried_again()
    {
        for (var i = 0; i < 3; i++) Assert.Throws<IOException>(() => Read(make: _ => throw new IOException("bad")));
        Assert.Equal(3, reads);
        Assert.Equal("one", Read());
    }

    [Fact]
    public void Who_takes_what_was_kept_depends_on_its_files()
    {
        Read();
        var trace = new FileTrace();
        Read(through: machine.WithTrace(trace));
        Assert.Equal(["/a"], trace.Paths);
        Assert.Equal(1, reads);
    }

    string Read(object? key = null, Func<string?, string>? make = null, Machine? through = null) => kept.Of(through ?? machine, key ?? "", watched =>
    {
        reads++;
        var text = watched.ReadText("/a");
        return make is null ? text ?? "nothing" : make(text);
    });
}
