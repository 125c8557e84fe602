using Ratchet.Agent.Checks.Access.Sudo;
using Ratchet.Agent.Checks.Sshd;

namespace Ratchet.Agent.Tests.Checks.Access.Sudo;

/// <summary>The grammar of sudoers(5); what real sudo makes of the same lines is in RealSudoTests.</summary>
public sealed class SudoersTests : IDisposable
{
    readonly AccessHost host = new();

    public void Dispose() => host.Dispose();

    [Theory]
    [InlineData("acme ALL = /bin/a, /bin/b x y", "root /bin/a|root /bin/b x y")]
    [InlineData("acme ALL = (postgres) /bin/a, (root) NOPASSWD: /bin/b, /bin/c", "postgres /bin/a|root /bin/b|root /bin/c")]
    [InlineData("acme ALL = (a, b : c) /bin/a", "a,b /bin/a")]
    [InlineData("acme ALL = (:adm) /bin/a", ":adm /bin/a")]
    [InlineData("acme ALL = () /bin/a", ": /bin/a")]
    [InlineData("acme web01 = /bin/a : db01 = /bin/b : WEB01 = /bin/c", "root /bin/a|root /bin/c")]
    [InlineData("acme web* = /bin/a", "root /bin/a")]
    [InlineData("acme db01, ALL, !web01 = /bin/a", "")]
    [InlineData("ALL, !acme ALL = /bin/a", "")]
    [InlineData("!acme, ALL ALL = /bin/a", "root /bin/a")]
    [InlineData("acme ALL = /bin/a x\\,y\\:z\\=1", "root /bin/a x,y:z=1")]
    [InlineData("acme ALL = /bin/a \\\n  x, \\\n /bin/b", "root /bin/a x|root /bin/b")]
    [InlineData("acme ALL = /bin/a # a remark", "root /bin/a")]
    [InlineData("acme ALL = sha256:OjUWNnhCUmyIL9SORzgbYi1zXYqhbCjLXOi/aZbYlQQ= /bin/a", "root /bin/a")]
    [InlineData("acme ALL = NOTAFTER=20200101000000Z /bin/a", "")]
    [InlineData("acme ALL = NOTAFTER=20300101000000Z CWD=/tmp NOEXEC: SETENV: /bin/a", "root /bin/a")]
    [InlineData("\"acme\" ALL = /bin/a", "root /bin/a")]
    [InlineData("Defaults env_reset\nDefaults:acme !lecture\nacme ALL = list", "")]
    [InlineData("Cmnd_Alias A = /bin/a, !/bin/b\nacme ALL = A, !A", "root /bin/b")]
    [InlineData("acme ALL = ALL\nacme ALL = !ALL", "")]
    [InlineData("acme ALL = /bin/a, /bin/b, !/bin/a", "root /bin/b")]
    [InlineData("Runas_Alias DB = postgres, mysql\nacme ALL = (DB) ALL", "postgres,mysql ALL")]
    [InlineData("Host_Alias H = web01 : I = db01\nacme H = /bin/a\nacme I = /bin/b", "root /bin/a")]
    [InlineData("%#1001 ALL = /bin/a", "root /bin/a")]
    [InlineData("acme ALL = ^/bin/(a|b)$ ^x,y$, /bin/c", "root ^/bin/(a|b)$ ^x,y$|root /bin/c")]
    [InlineData("acme ALL = /bin/a \"x y\"", "root /bin/a \"x y\"")]
    public void A_line_gives_these_rights(string sudoers, string rights) => Assert.Equal(rights, RightsOf(sudoers + "\n"));

    /// <summary>A backslash at the end of a comment continues nothing.</summary>
    [Theory]
    [InlineData("bob ALL=(root) /bin/true # see C:\\\nacme ALL = /bin/a", "root /bin/a")]
    [InlineData("bob ALL=(root) /bin/true \"x # y\\\nacme ALL = /bin/a", "root /bin/a")]
    [InlineData("Defaults insults # see C:\\\nacme ALL = /bin/a", "root /bin/a")]
    [InlineData("#-----\\\nacme ALL = /bin/a", "root /bin/a")]
    [InlineData("acme ALL = /bin/a \\#\\\n , /bin/b", "root /bin/a #|root /bin/b")]
    [InlineData("#1001 ALL = /bin/a, \\ \t\n /bin/b", "root /bin/a|root /bin/b")]
    [InlineData("Defaults passprompt=\"# \\\n x\"\nacme ALL = /bin/a", "root /bin/a")]
    public void A_comment_ends_with_its_line(string sudoers, string rights) => Assert.Equal(rights, RightsOf(sudoers + "\n"));

    [Fact]
    public void Defaults_that_are_not_understood_are_a_problem_and_those_that_do_not_matter_are_not_read()
    {
        host.Sudoers("Defaults setenv x\nDefaults passprompt=x y z\n");
        Assert.Contains("/etc/sudoers:1", Assert.Single(Sudoers.Read(host.Machine, "web01")!.Problems), StringComparison.Ordinal);
        host.Sudoers(string.Concat(Enumerable.Repeat("Defaults setenv\n", 300)));
        Assert.Throws<FormatException>(() => Sudoers.Read(host.Machine, "web01"));
    }

    [Fact]
    public void A_directory_is_read_without_names_that_sudo_skips()
    {
        host.Sudoers("acme ALL = /bin/ok\n", "/etc/sudoers.d/10-ok").Sudoers("acme ALL = /bin/dot\n", "/etc/sudoers.d/20.bak").Sudoers("acme ALL = /bin/tilde\n", "/etc/sudoers.d/30~");
        Assert.Equal("root /bin/ok", RightsOf("#includedir /etc/sudoers.d\n"));
        host.Sudoers("acme ALL = /bin/host\n", "/etc/sudoers.web01");
        Assert.Equal("root /bin/host", RightsOf("@include sudoers.%h\n"));
    }

    [Fact]
    public void Files_that_include_each_other_end()
    {
        host.Sudoers("@include /etc/sudoers\n@include /etc/sudoers\n");
        Assert.Throws<FormatException>(() => Sudoers.Read(host.Machine, "web01"));
    }

    [Fact]
    public void Aliases_that_name_each_other_end() => Assert.Equal("", RightsOf("User_Alias A = B\nUser_Alias B = A\nA ALL = /bin/a\n".Replace("A ALL", "A, !acme ALL", StringComparison.Ordinal)));

    [Fact]
    public void A_file_that_others_can_write_is_said()
    {
        host.Sudoers("acme ALL = /bin/a\n");
        File.SetUnixFileMode(host.Tree.Path("/etc/sudoers"), UnixFileMode.UserRead | UnixFileMode.OtherWrite);
        Assert.Contains("written by others", Assert.Single(Sudoers.Read(host.Machine, "web01")!.Problems), StringComparison.Ordinal);
    }

    string RightsOf(string text)
    {
        host.Sudoers(text);
        var sudoers = Sudoers.Read(host.Machine, "web01")!;
        Assert.Empty(sudoers.Problems);
        var accounts = Accounts.Parse(File.ReadAllText(host.Tree.Path("/etc/passwd")), File.ReadAllText(host.Tree.Path("/etc/group")));
        return string.Join('|', new SudoRights(sudoers, accounts, AccessHost.Today).Of(accounts.Find("acme")!).Select(right => $"{right.RunAs} {right.Command}"));
    }
}
