using System.Net;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ports;

namespace Ratchet.Agent.Tests.Probes;

public sealed class UnitFilesTests
{
    [Fact]
    public void An_empty_assignment_forgets_what_came_before()
    {
        var settings = new List<UnitSetting>();
        UnitFiles.Parse("[S]\nX=1\nX=\nX=3\n[T]\nX=4\n", "f", settings);
        Assert.Equal(["3"], UnitFiles.Values(settings, "S", "X"));
    }

    [Fact]
    public void The_first_directory_wins_and_drop_ins_follow_in_the_order_of_their_names()
    {
        using var host = new HostTree()
            .File("/usr/lib/systemd/system/ssh.socket", "[Socket]\nListenStream=1\n")
            .File("/etc/systemd/system/ssh.socket", "# local\n[Socket]\nListenStream=22\n")
            .File("/run/systemd/generator/ssh.socket.d/b.conf", "[Socket]\nListenStream=\nListenStream=2222\n")
            .File("/etc/systemd/system/ssh.socket.d/a.conf", "[Socket]\nAccept=no\n")
            .File("/usr/lib/systemd/system/ssh.socket.d/a.conf", "[Socket]\nAccept=yes\n");
        var settings = new UnitFiles(host.Machine).Read("ssh.socket")!;
        Assert.Equal(["ListenStream=22", "Accept=no", "ListenStream=", "ListenStream=2222"], settings.Select(setting => $"{setting.Key}={setting.Value}"));
        Assert.Equal(("/etc/systemd/system/ssh.socket", 3), (settings[0].File, settings[0].Line));
    }

    [Fact]
    public void A_masked_or_missing_unit_says_nothing()
    {
        using var host = new HostTree().File("/usr/lib/systemd/system/a.socket", "[Socket]\nListenStream=1\n").Link("/etc/systemd/system/a.socket", "/dev/null");
        Assert.Null(new UnitFiles(host.Machine).Read("a.socket"));
        Assert.Null(new UnitFiles(host.Machine).Read("b.socket"));
    }

    [Fact]
    public void An_instance_is_read_from_its_template()
    {
        using var host = new HostTree().File("/usr/lib/systemd/system/a@.service", "[Service]\nUser=x\n").File("/etc/systemd/system/a@.service.d/o.conf", "[Service]\nUser=y\n");
        Assert.Equal(["x", "y"], new UnitFiles(host.Machine).Read("a@1.service")!.Select(setting => setting.Value));
    }

    [Fact]
    public void A_line_goes_on_behind_a_backslash_and_comments_in_between_are_left_out()
    {
        var settings = new List<UnitSetting>();
        UnitFiles.Parse("[Service]\nExecStart=/bin/a \\\n# why\n  -b \\\n;c\n  -d\nrubbish\n=x\n[Install]\nA = b = c \n", "f", settings);
        Assert.Equal([("Service", "ExecStart", 2), ("Install", "A", 10)], settings.Select(setting => (setting.Section, setting.Key, setting.Line)));
        Assert.Equal(["/bin/a", "-b", "-d"], settings[0].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("b = c", settings[1].Value);
    }

    [Fact]
    public void A_megabyte_of_continued_lines_is_read_in_one_go()
    {
        var settings = new List<UnitSetting>();
        UnitFiles.Parse("[S]\nA=" + string.Concat(Enumerable.Repeat("\\\n", 500_000)), "f", settings);
        Assert.Equal("", Assert.Single(settings).Value);
    }

    [Theory]
    [InlineData("ListenStream=22", "::", true)]
    [InlineData("ListenStream=22", "0.0.0.0", true)]
    [InlineData("ListenStream=22", "127.0.0.1", false)]
    [InlineData("ListenStream=0.0.0.0:22", "0.0.0.0", true)]
    [InlineData("ListenStream=0.0.0.0:22", "::", false)]
    [InlineData("ListenStream=[::]:22", "::", true)]
    [InlineData("ListenStream=[::1]:22%lo", "::1", true)]
    [InlineData("ListenStream=2222", "::", false)]
    [InlineData("ListenDatagram=22", "::", false)]
    [InlineData("ListenStream=22\nListenStream=", "::", false)]
    [InlineData("ListenStream=/run/22", "::", false)]
    [InlineData("ListenStream=vsock::22", "::", false)]
    [InlineData("ListenStream=%i", "::", false)]
    public void A_socket_unit_names_the_addresses_that_systemd_would_bind(string lines, string address, bool names)
    {
        using var host = new HostTree().File("/lib/systemd/system/x.socket", "[Socket]\n" + lines + "\n");
        var unit = new SocketUnits(new UnitFiles(host.Machine)).Of(new BoundSocket(Protocol.Tcp, IPAddress.Parse(address), 22, null, 0, 1));
        Assert.Equal(names ? "x.socket" : null, unit?.Name);
    }

    [Theory]
    [InlineData("", "x.service")]
    [InlineData("Service=y.service", "y.service")]
    [InlineData("Accept=yes", null)]
    public void A_socket_unit_starts_the_service_of_its_name_or_the_one_it_names_or_one_for_each_connection(string line, string? service)
    {
        var settings = new List<UnitSetting>();
        UnitFiles.Parse($"[Socket]\nListenStream=1\n{line}\n", "f", settings);
        Assert.Equal(service, Assert.Single(SocketUnits.Parse("x.socket", settings)).Service);
    }
}
