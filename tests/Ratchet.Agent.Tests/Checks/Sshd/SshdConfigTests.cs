using Ratchet.Agent.Checks.Sshd;

namespace Ratchet.Agent.Tests.Checks.Sshd;

public sealed class SshdConfigTests
{
    [Theory]
    [InlineData("PermitRootLogin no", "permitrootlogin", "no")]
    [InlineData("  PERMITROOTLOGIN=no # comment", "permitrootlogin", "no")]
    [InlineData("PermitRootLogin = \"no\"\r", "permitrootlogin", "no")]
    [InlineData("AuthorizedKeysFile \"a b\" c\\ d 'e'", "authorizedkeysfile", "a b c d e")]
    [InlineData("ChallengeResponseAuthentication yes", "kbdinteractiveauthentication", "yes")]
    public void A_line_is_taken_apart_as_sshd_does(string line, string keyword, string value)
    {
        var parsed = Assert.Single(Read(line).Lines);
        Assert.Equal((keyword, value, 1), (parsed.Keyword, parsed.Value, parsed.Line));
    }

    [Fact]
    public void An_open_quote_is_a_problem() => Assert.NotNull(Read("Banner \"x\nPort 22\n").Problem);

    [Fact]
    public void A_file_that_includes_itself_ends()
    {
        using var folder = new SshdConfigFolder(withKey: false);
        folder.Write("sshd_config", $"Include {folder.Folder}/sshd_config\nPort 22\n");
        Assert.Contains("deeper", SshdConfig.Read(SshdHost.Machine(), $"{folder.Folder}/sshd_config").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_include_each_other_by_powers_are_refused()
    {
        using var folder = new SshdConfigFolder(withKey: false);
        foreach (var name in new[] { "sshd_config", "a", "b", "c" }) folder.Write(name, $"Include {folder.Folder}/*\n");
        Assert.Throws<IOException>(() => SshdConfig.Read(SshdHost.Machine(), $"{folder.Folder}/sshd_config"));
    }

    [Fact]
    public void Rubbish_never_breaks_the_parser()
    {
        var random = new Random(11);
        using var folder = new SshdConfigFolder(withKey: false);
        var good = "Port 22\nMatch User a,!b Address 10.0.0.0/8\n  Banner \"x y\"\nInclude /nonexistent/*.conf\nMatch all\n";
        for (var i = 0; i < 3000; i++)
        {
            var letters = good[..random.Next(good.Length + 1)].ToCharArray();
            for (var j = 0; j < 3 && letters.Length > 0; j++) letters[random.Next(letters.Length)] = (char)random.Next(1, 300);
            folder.Write("sshd_config", new string(letters));
            var config = SshdConfig.Read(SshdHost.Machine(), $"{folder.Folder}/sshd_config");
            Contexts.Of(config, Accounts.Parse("root:x:0:0::/root:/bin/sh", ""), [22], true, []);
        }
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.0/8,!10.1.0.0/16", "10.1.0.1", null)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", false)]
    [InlineData("10.*", "10.1.1.1", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    public void An_address_is_compared_as_a_number(string list, string address, bool? matches) => Assert.Equal(matches, Pattern.MatchesAddresses(list, address));

    [Fact]
    public void A_range_has_edges_inside_and_outside() =>
        Assert.Equal(["10.1.0.0", "10.1.255.255", "10.0.255.255", "10.2.0.0"], AddressRange.Parse("10.1.0.0/16")!.Edges());

    [Fact]
    public void The_whole_space_has_no_outside() =>
        Assert.Equal(["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], AddressRange.Parse("::/0")!.Edges());

    [Theory]
    [InlineData("passwd: files systemd\ngroup: files", false)]
    [InlineData("passwd:\tcompat\n", false)]
    [InlineData("passwd: files sss", true)]
    [InlineData("group: files [NOTFOUND=return] ldap", true)]
    [InlineData("hosts: dns\npasswd: files # sss", false)]
    public void A_directory_is_seen_in_nsswitch(string text, bool directory) => Assert.Equal(directory, Accounts.NamesDirectory(text));

    static SshdConfig Read(string text)
    {
        using var folder = new SshdConfigFolder(withKey: false);
        folder.Write("sshd_config", text);
        return SshdConfig.Read(SshdHost.Machine(), $"{folder.Folder}/sshd_config");
    }
}
