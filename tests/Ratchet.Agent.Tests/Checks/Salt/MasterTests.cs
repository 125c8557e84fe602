using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Salt;

namespace Ratchet.Agent.Tests.Checks.Salt;

/// <summary>A Salt master beside the minion.</summary>
public sealed class MasterTests : MinionHost
{
    [Theory]
    [InlineData("interface: 10.0.0.5\n", Outcome.Pass, "accepts no key by itself")]
    [InlineData("auto_accept: True\n", Outcome.Fail, "auto_accept")]
    [InlineData("auto_accept: \"True\"\n", Outcome.Pass, "")]
    [InlineData("open_mode: on\n", Outcome.Fail, "open_mode")]
    [InlineData("autosign_file: /etc/salt/autosign.conf\n", Outcome.Fail, "by the name that a minion gives itself")]
    [InlineData("publisher_acl:\n  ops:\n    - .*\n", Outcome.Fail, "publisher_acl")]
    [InlineData("publisher_acl:\n  ops:\n    - test.ping\n", Outcome.Pass, "")]
    [InlineData("external_auth:\n  pam:\n    thatch:\n      - 'web*':\n        - test.*\n      - '@wheel'\n", Outcome.Fail, "external_auth")]
    [InlineData("peer: {'.*': ['.*']}\n", Outcome.Fail, "peer")]
    [InlineData("file_recv: True\n", Outcome.Fail, "file_recv")]
    [InlineData("rest_cherrypy:\n  port: 8000\n  disable_ssl: true\n", Outcome.Fail, "without TLS")]
    [InlineData("publisher_acl: *x\n", Outcome.Unknown, "/etc/salt/master:1")]
    public async Task A_master_is_as_restricted_as_its_configuration(string text, object outcome, string words)
    {
        host.Write("/usr/bin/salt-master", "");
        host.Service("salt-master.service");
        host.Write("/etc/salt/autosign.conf", "# none\nweb*\n");
        host.Write("/etc/salt/master", text);
        await AssertAsync(SaltRules.MasterRestricted, (Outcome)outcome, words);
    }

    [Fact]
    public async Task The_keys_of_a_master_are_judged_beside_the_minions()
    {
        host.Write("/usr/bin/salt-master", "");
        host.Write("/etc/salt/master", "user: salt\n");
        host.MakeDirectory("/etc/salt/pki/master", "0700 salt:salt");
        host.Write("/etc/salt/pki/master/master.pem", "", "0400 salt:salt");
        await AssertAsync(SaltRules.KeysProtected, Outcome.Pass, "the keys of the master are salt's");
        host.List("/etc/salt/pki/master/master.pem", "0644 salt:salt");
        Assert.Equal("master", (await AssertAsync(SaltRules.KeysProtected, Outcome.Fail, "master.pem")).Subject);
    }
}
