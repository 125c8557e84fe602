using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Salt;

namespace Ratchet.Agent.Tests.Checks.Salt;

/// <summary>Access lists of a master, each outcome as Salt 3007's CkMinions decides about cmd.run, state.single and key.accept.</summary>
public sealed class AccessListTests : MinionHost
{
    const string NotJudged = "is not judged";

    public AccessListTests()
    {
        host.Write("/usr/bin/salt-master", "");
        host.Service("salt-master.service");
    }

    [Theory]
    [InlineData("[.+]", Outcome.Fail, "publisher_acl gives bob cmd.run by the pattern .+")]
    [InlineData("[cmd]", Outcome.Fail, "cmd.run")]
    [InlineData("[c]", Outcome.Fail, "cmd.run")]
    [InlineData("[cmd.run$]", Outcome.Fail, "cmd.run")]
    [InlineData("['cmd\\.run\\Z']", Outcome.Fail, "cmd.run")]
    [InlineData("['[a-z]+\\.(shell|run)']", Outcome.Fail, "cmd.run")]
    [InlineData("[state]", Outcome.Fail, "state.single")]
    [InlineData("[state.apply, 'state\\.highstate', state.sls]", Outcome.Pass, "")]
    [InlineData("[cmd.runx, run, cmd.which, '@wheel']", Outcome.Pass, "")]
    [InlineData("[[cmd.run]]", Outcome.Pass, "")]
    [InlineData("test.ping", Outcome.Fail, "letter by letter")]
    [InlineData("tea", Outcome.Pass, "")]
    [InlineData("true", Outcome.Pass, "")]
    [InlineData("false", Outcome.Pass, "")]
    [InlineData("1.5", Outcome.Pass, "")]
    [InlineData("~", Outcome.Pass, "")]
    [InlineData("{'.*': [x]}", Outcome.Fail, "the pattern .*")]
    [InlineData("{'web*': [cmd.run]}", Outcome.Pass, "")]
    [InlineData("[{'web*': cmd}]", Outcome.Fail, "cmd.run")]
    [InlineData("[{'web*': [test.ping, cmd.run]}]", Outcome.Fail, "cmd.run")]
    [InlineData("[{'web*': ['.*'], 'db*': ['.*']}]", Outcome.Pass, "")]
    [InlineData("[{'web*': [{cmd.run: {}}]}]", Outcome.Fail, "cmd.run")]
    [InlineData("[{'web*': {cmd.run: {}}}]", Outcome.Fail, "cmd.run")]
    [InlineData("[{'web*': [{cmd.run: ~}]}]", Outcome.Pass, "")]
    [InlineData("[{'web*': [{cmd.run: {args: [uptime]}}]}]", Outcome.Unknown, NotJudged)]
    public async Task An_account_has_what_the_beginning_of_a_name_matches(string list, object outcome, string words) =>
        await AssertMasterAsync($"publisher_acl:\n  bob: {list}\n", (Outcome)outcome, words);

    [Theory]
    [InlineData("'*'")]
    [InlineData("'(?!cmd).*'")]
    [InlineData("'(?i)cmd'")]
    [InlineData("'.{,20}'")]
    [InlineData("'[a-z-[c]]+'")]
    [InlineData("'(c'")]
    [InlineData("'(((a{99}){99}){99}){99}'")]
    [InlineData("'\\p{L}+'")]
    public async Task A_pattern_that_Python_may_read_otherwise_is_not_judged(string pattern)
    {
        await AssertMasterAsync($"publisher_acl:\n  bob: [{pattern}]\n", Outcome.Unknown, NotJudged);
        await AssertMasterAsync($"publisher_acl:\n  bob: [{pattern}, cmd.run]\n", Outcome.Fail, "cmd.run");
    }

    [Fact]
    public async Task Long_and_many_patterns_are_not_judged()
    {
        await AssertMasterAsync($"publisher_acl:\n  bob: [{new string('a', 5000)}]\n", Outcome.Unknown, NotJudged);
        await AssertMasterAsync($"publisher_acl:\n  bob: [{string.Join(", ", Enumerable.Range(0, 5000).Select(i => $"x{i}"))}]\n", Outcome.Unknown, "more patterns");
    }

    [Theory]
    [InlineData("['@wheel']", Outcome.Fail, "key.accept")]
    [InlineData("['@wheels']", Outcome.Fail, "key.accept")]
    [InlineData("['@runner']", Outcome.Fail, "salt.cmd")]
    [InlineData("['@key']", Outcome.Fail, "accept")]
    [InlineData("['@jobs']", Outcome.Pass, "")]
    [InlineData("[{'@wheel': [key.list]}]", Outcome.Pass, "")]
    [InlineData("[{'@wheel': [key]}]", Outcome.Fail, "key.accept")]
    [InlineData("[{'@key': [acc]}]", Outcome.Fail, "accept")]
    [InlineData("[{'@key': list}]", Outcome.Pass, "")]
    [InlineData("[{'@runner': [jobs.*, manage.up]}]", Outcome.Pass, "")]
    [InlineData("[test.*, {'web*': [state.apply]}]", Outcome.Pass, "")]
    public async Task External_authentication_reaches_the_masters_own_interfaces(string list, object outcome, string words) =>
        await AssertMasterAsync($"external_auth:\n  pam:\n    ops%: {list}\n", (Outcome)outcome, words);

    [Theory]
    [InlineData("external_auth:\n  file:\n    ^filename: /etc/salt/users.htpasswd\n    bob: [test.ping]\n", Outcome.Pass, "")]
    [InlineData("external_auth:\n  django:\n    ^model: a.b\n", Outcome.Unknown, "django")]
    [InlineData("external_auth:\n  rest:\n    ^url: https://a.internal\n    bob: [.*]\n", Outcome.Fail, "cmd.run")]
    [InlineData("eauth_acl_module: mine\nexternal_auth:\n  pam:\n    bob: [test.ping]\n", Outcome.Unknown, "eauth_acl_module")]
    [InlineData("external_auth:\n  pam: [bob]\n", Outcome.Unknown, "is no map")]
    [InlineData("publisher_acl: [bob]\n", Outcome.Unknown, "is no map")]
    [InlineData("publisher_acl: {bob: [.*]}\npublisher_acl_blacklist: {modules: [cmd]}\n", Outcome.Unknown, "publisher_acl_blacklist")]
    [InlineData("publisher_acl: {bob: [.*]}\npublisher_acl_blacklist: {users: [], modules: []}\n", Outcome.Fail, "cmd.run")]
    [InlineData("external_auth: {pam: {bob: ['@wheel']}}\npublisher_acl_blacklist: {modules: [cmd]}\n", Outcome.Fail, "key.accept")]
    [InlineData("publisher_acl: {bob: [test.ping]}\nauth.enable_expanded_auth_matching: True\n", Outcome.Unknown, "auth.enable_expanded_auth_matching")]
    [InlineData("client_acl: {bob: [.*]}\n", Outcome.Pass, "")]
    [InlineData("peer: {'.*': [cmd]}\n", Outcome.Fail, "cmd.run")]
    [InlineData("peer: {'.*': [network.interfaces, mine.get]}\n", Outcome.Pass, "")]
    [InlineData("peer: {'.*': .*}\n", Outcome.Pass, "")]
    [InlineData("peer_run: {'.*': [salt.]}\n", Outcome.Fail, "salt.cmd")]
    [InlineData("peer_run: {'.*': [cmd.run, manage.up]}\n", Outcome.Pass, "")]
    public async Task Each_setting_is_read_in_its_own_way(string text, object outcome, string words) => await AssertMasterAsync(text, (Outcome)outcome, words);

    async Task AssertMasterAsync(string text, Outcome outcome, string words)
    {
        host.Write("/etc/salt/master", text);
        await AssertAsync(SaltRules.MasterRestricted, outcome, words);
    }
}
