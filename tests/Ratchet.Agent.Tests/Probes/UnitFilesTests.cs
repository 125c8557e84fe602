using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Probes;

public sealed class UnitFilesTests : IDisposable
{
    readonly string root = Directory.CreateTempSubdirectory("ratchet-units-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Drop_ins_come_after_the_unit_in_the_order_of_their_names_and_the_nearer_directory_wins()
    {
        Write("/usr/lib/systemd/system/a.service", "[Service]\nX=unit\n");
        Write("/usr/lib/systemd/system/a.service.d/20.conf", "[Service]\nX=far\n");
        Write("/etc/systemd/system/a.service.d/20.conf", "[Service]\nX=near\n");
        Write("/run/systemd/system/a.service.d/10.conf", "[Service]\nX=first\n");
        var settings = new UnitFiles(Recording.Open(root)).Read("a.service")!;
        Assert.Equal(["unit", "first", "near"], UnitFiles.Values(settings, "Service", "X"));
    }

    [Fact]
    public void An_empty_assignment_forgets_what_came_before() =>
        Assert.Equal(["3"], UnitFiles.Values(Parse("[S]\nX=1\nX=\nX=3\n[T]\nX=4\n"), "S", "X"));

    [Fact]
    public void A_continued_line_is_one_and_a_comment_inside_it_is_none() =>
        Assert.Equal(new UnitSetting("S", "X", "a  b", "f", 2), Assert.Single(Parse("[S]\nX=a \\\n# comment\nb\n")));

    [Fact]
    public void A_missing_unit_is_null() => Assert.Null(new UnitFiles(Recording.Open(root)).Read("a.service"));

    static List<UnitSetting> Parse(string text)
    {
        var settings = new List<UnitSetting>();
        UnitFiles.Parse(text, "f", settings);
        return settings;
    }

    void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root + path)!);
        File.WriteAllText(root + path, text);
    }
}
