using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Salt;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Salt;

/// <summary>Settings in several files, put together as Salt 3007's include_config puts them together (run on these very files).</summary>
public sealed class IncludeTests : MinionHost
{
    [Fact]
    public async Task An_access_list_in_two_files_is_judged_whole()
    {
        host.Write("/usr/bin/salt-master", "");
        host.Service("salt-master.service");
        host.Write("/etc/salt/master", "publisher_acl: {root2: [test.ping]}\n");
        host.Write("/etc/salt/master.d/a.conf", "publisher_acl: {bob: [.*], both: [a, b]}\n");
        host.Write("/etc/salt/master.d/site.conf", "publisher_acl: {deploy: [test.ping], both: [b, c]}\n");
        await AssertAsync(SaltRules.MasterRestricted, Outcome.Fail, "publisher_acl");
        Assert.Equal(["bob", "both", "deploy"], Read("master")["publisher_acl"]!.Entries!.Keys.Order());
        Assert.Equal(["a", "b", "c"], List(Read("master")["publisher_acl"]!.Entries!["both"]).Distinct());
    }

    [Fact]
    public async Task A_blacklist_in_two_files_forbids_what_both_forbid()
    {
        host.Write("/etc/salt/minion.d/10.conf", "cmd_blacklist_glob: ['rm *']\n");
        host.Write("/etc/salt/minion.d/20.conf", "cmd_blacklist_glob: ['mkfs*']\n");
        await AssertAsync(SaltRules.MinionConfigSafe, Outcome.Pass, "opens no door", new SaltSettings { CommandBlacklist = ["rm *", "mkfs*"] });
    }

    [Fact]
    public void Lists_and_maps_grow_and_another_kind_of_value_replaces()
    {
        host.Write("/etc/salt/minion.d/1.conf", "a: {b: [1], c: 1}\n");
        host.Write("/etc/salt/minion.d/2.conf", "a: x\n");
        host.Write("/etc/salt/minion.d/3.conf", "a: {b: [2]}\n");
        host.Write("/etc/salt/minion.d/4.conf", "a: {b: [3], d: {}}\n");
        host.Write("/etc/salt/minion.d/5.conf", "a: {}\n");
        var merged = Read("minion")["a"]!.Entries!;
        Assert.Equal(["b", "d"], merged.Keys.Order());
        Assert.Equal(["2", "3"], List(merged["b"]));
        host.Write("/etc/salt/minion.d/6.conf", "a:\n");
        Assert.True(Read("minion")["a"]!.IsEmpty);
    }

    [Fact]
    public void What_is_included_replaces_the_settings_of_the_main_file()
    {
        Minion("include: more/*\na: {m: 1}\n");
        host.Write("/etc/salt/minion.d/1.conf", "a: {d: 1}\nb: {d: 1}\ninclude: sub/x\n");
        host.Write("/etc/salt/minion.d/sub/x", "b: {sub: 1}\n");
        // An include stands for the directory of its own file.
        host.Write("/etc/salt/sub/x", "b: {wrong: 1}\n");
        host.Write("/etc/salt/more/1", "a: {i: 1}\n");
        host.Write("/etc/salt/more/2", "a: {j: 1}\n");
        Assert.Equal(["i", "j"], Read("minion")["a"]!.Entries!.Keys.Order());
        Assert.Equal(["sub"], Read("minion")["b"]!.Entries!.Keys);
    }

    [Fact]
    public void An_included_file_is_overlaid_by_what_it_includes_and_then_merged()
    {
        Minion("");
        host.Write("/etc/salt/minion.d/1.conf", "include: [/etc/salt/o]\nq: {a: 1}\nl: [1]\n");
        host.Write("/etc/salt/minion.d/2.conf", "l: [3]\n");
        host.Write("/etc/salt/o", "q: {b: 1}\nl: [2]\n");
        Assert.Equal(["b"], Read("minion")["q"]!.Entries!.Keys);
        Assert.Equal(["2", "3"], List(Read("minion")["l"]!));
    }

    [Fact]
    public void The_files_by_default_may_be_several_or_none()
    {
        Minion("default_include: [x/*.conf, y/*.conf]\n");
        host.Write("/etc/salt/x/1.conf", "a: [1]\n");
        host.Write("/etc/salt/y/0.conf", "a: [2]\n");
        Assert.Equal(["1", "2"], List(Read("minion")["a"]!));
        Minion("default_include: []\n");
        host.Write("/etc/salt/minion.d/1.conf", "a: [1]\n");
        Assert.Null(Read("minion")["a"]);
    }

    [Fact]
    public void Files_that_include_one_another_are_refused()
    {
        Minion("include: minion\n");
        Assert.Contains("include one another", Assert.Throws<FormatException>(() => Read("minion")).Message, StringComparison.Ordinal);
    }

    SaltConfig Read(string name) => SaltConfig.Read(host.Machine(), "/etc/salt/" + name);

    static IEnumerable<string?> List(YamlNode node) => node.Items!.Select(item => item.Text);
}
