using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Sshd;

/// <summary>passwd and group, held against the C library where it is at hand.</summary>
public sealed class AccountsTests
{
    const string Passwd = """
        root:x:0:0:root:/root:/bin/bash
        bob:x:1500:1500::/home/bob:/bin/sh
        carl:x:1501:1501::/home/carl
        dave:x:1502:1502
        #toor:x:0:0:old:/root:/bin/bash
          # mark:x:0:0:old:/root:/bin/bash
          lead:x:1503:1503::/h:/bin/sh
        after:x:0 :0::/h:/bin/sh
        before:x: 0:0::/h:/bin/sh
        plus:x:+0:0::/h:/bin/sh
        minus:x:-1:0::/h:/bin/sh
        big:x:4294967296:0::/h:/bin/sh
        round:x:-18446744073709551611:0::/h:/bin/sh
        three:x:0
        hexadecimal:x:0x10:0::/h:

        """;

    const string Group = """
        sudo:x:27:
        helpers:x:27:bob
        twice:x:40:
        twice:x:41:carl
        #comment:x:50:bob
        #sudo:x:27:carl
        after:x:51:bob ,carl
        before:x:52: bob,carl
        three:x:53
          indented:x:54:bob
        primary:x:1502

        """;

    [Theory]
    [InlineData("allowgroups sudo", null)]
    [InlineData("allowgroups helpers", "AllowGroups")]
    [InlineData("denygroups sudo", "DenyGroups")]
    [InlineData("denygroups helpers", null)]
    public void Sshd_knows_a_group_by_its_first_name(string setting, string? refusal)
    {
        var accounts = Accounts.Parse(Passwd, Group);
        Assert.Equal(refusal, SshdRefusal.Of([EffectiveConfig.Parse(setting)], accounts.Find("bob")!, accounts, null));
    }

    [Theory]
    [InlineData("bob", "sudo before indented")]
    [InlineData("carl", "sudo twice after before")]
    [InlineData("dave", "primary")]
    public void The_groups_of_an_account_have_the_names_of_their_numbers(string name, string groups) =>
        Assert.Equal(groups.Split(' ').Order(), Accounts.Parse(Passwd, Group).GroupsOf(name).Order());

    [Fact]
    public void What_a_line_lacks_is_empty_and_the_shell_is_the_rest()
    {
        // getent itself does not print a shell or a member with a colon.
        var accounts = Accounts.Parse(Passwd + "shell:x:1504:1504::/h:/bin/sh:more:x\n", Group);
        Assert.Equal(new Account("carl", 1501, 1501, "/home/carl", ""), accounts.Find("carl"));
        Assert.Equal(new Account("dave", 1502, 1502, "", ""), accounts.Find("dave"));
        Assert.Equal("/bin/sh:more:x", accounts.Find("shell")!.Shell);
        Assert.True(accounts.Find("carl")!.CanLogIn);
    }

    [NeedsRootFact]
    public void The_lines_are_read_as_the_C_library_reads_them()
    {
        var folder = Directory.CreateTempSubdirectory("ratchet-names-").FullName;
        try
        {
            File.WriteAllText($"{folder}/passwd", Passwd);
            File.WriteAllText($"{folder}/group", Group);
            var accounts = Accounts.Parse(Passwd, Group);
            Assert.Equal(Ask("passwd").Select(line => line.Split(':', 7)).Select(f => new Account(f[0], uint.Parse(f[2]), uint.Parse(f[3]), f[5], f[6])).OrderBy(a => a.Name), accounts.All.OrderBy(a => a.Name));
            foreach (var name in accounts.All.Select(account => account.Name))
                Assert.Equal(Ask($"initgroups {name}").Single().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(uint.Parse).Append(accounts.Find(name)!.Gid).Distinct().Order(), accounts.GroupIdsOf(name).Distinct().Order());

            IEnumerable<string> Ask(string database) => SshdHost.Run("/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                $"mount --bind {folder}/passwd /etc/passwd && mount --bind {folder}/group /etc/group && exec getent -s files {database}").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
