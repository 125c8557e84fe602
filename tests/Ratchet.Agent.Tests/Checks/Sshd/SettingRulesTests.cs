using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Sshd;

namespace Ratchet.Agent.Tests.Checks.Sshd;

public sealed class SettingRulesTests
{
    [Theory]
    [InlineData("sshd.root-login", "permitrootlogin no", nameof(Outcome.Pass))]
    [InlineData("sshd.root-login", "permitrootlogin prohibit-password", nameof(Outcome.Fail))]
    [InlineData("sshd.root-login", "permitrootlogin without-password", nameof(Outcome.Fail))]
    [InlineData("sshd.root-login", "permitrootlogin forced-commands-only", nameof(Outcome.Fail))]
    [InlineData("sshd.password-login", "passwordauthentication no", nameof(Outcome.Pass))]
    [InlineData("sshd.password-login", "passwordauthentication yes", nameof(Outcome.Fail))]
    [InlineData("sshd.password-login", "passwordauthentication yes|authenticationmethods publickey,password", nameof(Outcome.Pass))]
    [InlineData("sshd.password-login", "passwordauthentication yes|authenticationmethods publickey,password password", nameof(Outcome.Fail))]
    [InlineData("sshd.password-login", "passwordauthentication yes|authenticationmethods any", nameof(Outcome.Fail))]
    [InlineData("sshd.keyboard-interactive", "kbdinteractiveauthentication no", nameof(Outcome.Pass))]
    [InlineData("sshd.keyboard-interactive", "challengeresponseauthentication yes", nameof(Outcome.Fail))]
    [InlineData("sshd.keyboard-interactive", "kbdinteractiveauthentication yes|authenticationmethods publickey,keyboard-interactive:pam", nameof(Outcome.Pass))]
    [InlineData("sshd.empty-passwords", "permitemptypasswords no", nameof(Outcome.Pass))]
    [InlineData("sshd.empty-passwords", "permitemptypasswords yes", nameof(Outcome.Fail))]
    [InlineData("sshd.host-based", "hostbasedauthentication no|ignorerhosts yes", nameof(Outcome.Pass))]
    [InlineData("sshd.host-based", "hostbasedauthentication no|ignorerhosts shosts-only", nameof(Outcome.Fail))]
    [InlineData("sshd.host-based", "hostbasedauthentication yes|ignorerhosts yes", nameof(Outcome.Fail))]
    [InlineData("sshd.user-environment", "permituserenvironment no", nameof(Outcome.Pass))]
    [InlineData("sshd.user-environment", "permituserenvironment LANG,LC_*", nameof(Outcome.Fail))]
    [InlineData("sshd.strict-modes", "strictmodes yes", nameof(Outcome.Pass))]
    [InlineData("sshd.strict-modes", "strictmodes no", nameof(Outcome.Fail))]
    [InlineData("sshd.forwarding", "disableforwarding yes|allowtcpforwarding yes", nameof(Outcome.Pass))]
    [InlineData("sshd.forwarding", "disableforwarding no|allowtcpforwarding no|allowagentforwarding no|x11forwarding no|allowstreamlocalforwarding no|gatewayports no|permittunnel no", nameof(Outcome.Pass))]
    [InlineData("sshd.forwarding", "disableforwarding no|allowtcpforwarding local|allowagentforwarding no|x11forwarding no|allowstreamlocalforwarding no|gatewayports no|permittunnel no", nameof(Outcome.Fail))]
    [InlineData("sshd.log-level", "loglevel INFO", nameof(Outcome.Pass))]
    [InlineData("sshd.log-level", "loglevel VERBOSE", nameof(Outcome.Pass))]
    [InlineData("sshd.log-level", "loglevel QUIET", nameof(Outcome.Fail))]
    [InlineData("sshd.log-level", "loglevel DEBUG3", nameof(Outcome.Fail))]
    [InlineData("sshd.max-auth-tries", "maxauthtries 4", nameof(Outcome.Pass))]
    [InlineData("sshd.max-auth-tries", "maxauthtries 5", nameof(Outcome.Fail))]
    [InlineData("sshd.max-auth-tries", "maxauthtries many", nameof(Outcome.Unknown))]
    [InlineData("sshd.login-grace", "logingracetime 60", nameof(Outcome.Pass))]
    [InlineData("sshd.login-grace", "logingracetime 0", nameof(Outcome.Fail))]
    [InlineData("sshd.login-grace", "logingracetime 61", nameof(Outcome.Fail))]
    [InlineData("sshd.allowed-groups", "allowgroups ops|allowgroups dba", nameof(Outcome.Pass))]
    [InlineData("sshd.allowed-groups", "allowusers jane", nameof(Outcome.Pass))]
    [InlineData("sshd.allowed-groups", "allowusers *", nameof(Outcome.Fail))]
    [InlineData("sshd.allowed-groups", "port 22", nameof(Outcome.Fail))]
    [InlineData("sshd.key-exchange", "kexalgorithms curve25519-sha256,kex-strict-s-v00@openssh.com,brand-new", nameof(Outcome.Pass))]
    [InlineData("sshd.key-exchange", "kexalgorithms brand-new", nameof(Outcome.Fail))]
    [InlineData("sshd.key-exchange", "kexalgorithms curve25519-sha256,diffie-hellman-group14-sha1", nameof(Outcome.Fail))]
    [InlineData("sshd.key-exchange", "kexalgorithms curve25519-sha256|gssapikeyexchange yes|gssapikexalgorithms gss-group14-sha1-", nameof(Outcome.Fail))]
    [InlineData("sshd.key-exchange", "kexalgorithms curve25519-sha256|gssapikeyexchange no|gssapikexalgorithms gss-group14-sha1-", nameof(Outcome.Pass))]
    [InlineData("sshd.ciphers", "ciphers aes256-gcm@openssh.com,new-cipher", nameof(Outcome.Pass))]
    [InlineData("sshd.ciphers", "ciphers aes256-ctr,aes256-cbc", nameof(Outcome.Fail))]
    [InlineData("sshd.macs", "macs hmac-sha2-256,umac-128-etm@openssh.com", nameof(Outcome.Pass))]
    [InlineData("sshd.macs", "macs hmac-sha2-256,umac-64@openssh.com", nameof(Outcome.Fail))]
    [InlineData("sshd.macs", "macs hmac-sha2-256,hmac-sha1-etm@openssh.com", nameof(Outcome.Fail))]
    [InlineData("sshd.host-key-algorithms", "hostkeyalgorithms ssh-ed25519,rsa-sha2-512-cert-v01@openssh.com", nameof(Outcome.Pass))]
    [InlineData("sshd.host-key-algorithms", "hostkeyalgorithms ssh-ed25519,ssh-rsa", nameof(Outcome.Fail))]
    [InlineData("sshd.host-key-algorithms", "hostkeyalgorithms ssh-ed25519,ssh-rsa-cert-v01@openssh.com", nameof(Outcome.Fail))]
    public void A_value_is_judged(string rule, string settings, string outcome) => Assert.Equal(outcome, Judge(rule, settings).Outcome.ToString());

    [Fact]
    public void A_keyword_that_sshd_does_not_print_is_unknown() =>
        Assert.All(Rules.Where(r => r.Rule.Id != "sshd.allowed-groups"), r => Assert.Equal(Outcome.Unknown, Judge(r.Rule.Id, "port 22").Outcome));

    [Fact]
    public void Without_an_answer_every_rule_is_unknown_with_the_reason() =>
        Assert.All(Rules, rule =>
        {
            var context = new Context(null, [], true);
            var finding = new SettingJudge(AnyDaemon, NoConfig, [new JudgedContext(context, new SshdAnswer(null, Obstacle: "no time"))], null).Judge(rule);
            Assert.Equal((Outcome.Unknown, "no time"), (finding.Outcome, finding.Message));
        });

    [Fact]
    public void What_passes_is_unknown_where_contexts_may_be_missing_and_what_fails_still_fails()
    {
        Assert.Equal(Outcome.Unknown, Judge("sshd.strict-modes", "strictmodes yes", "something was not seen").Outcome);
        Assert.Equal(Outcome.Fail, Judge("sshd.strict-modes", "strictmodes no", "something was not seen").Outcome);
    }

    [Fact]
    public void The_worst_context_decides_and_the_others_are_named()
    {
        var contexts = Enumerable.Range(1, 9).Select(i => new JudgedContext(
            new Context(new Connection($"u{i}", "10.0.0.1", "10.0.0.1", "127.0.0.1", 22, ""), [], false), new SshdAnswer(EffectiveConfig.Parse(i == 1 ? "strictmodes yes" : "strictmodes no")))).ToArray();
        var finding = new SettingJudge(AnyDaemon, NoConfig, contexts, null).Judge(Rules.Single(r => r.Rule.Id == "sshd.strict-modes"));
        Assert.Equal(Outcome.Fail, finding.Outcome);
        var evidence = finding.Evidence.ToJson();
        Assert.StartsWith("u2 from 10.0.0.1", (string)evidence["context"]!, StringComparison.Ordinal);
        Assert.Equal(5, evidence["other_contexts"]!.AsArray().Count);
        Assert.Equal("default", (string)evidence["set_by"]!);
    }

    [Theory]
    [InlineData(255, "/etc/ssh/sshd_config line 3: Bad configuration option: x", true)]
    [InlineData(1, "sshd: no hostkeys available -- exiting.", true)]
    [InlineData(255, "/etc/ssh/sshd_config: Permission denied", false)]
    [InlineData(1, "Unable to load host key \"/k\": Permission denied\nsshd: no hostkeys available -- exiting.", false)]
    [InlineData(255, "Missing privilege separation directory: /run/sshd", false)]
    [InlineData(127, "setpriv: failed to execute /usr/sbin/sshd: No such file or directory", false)]
    [InlineData(1, "setpriv: unsupported capability", false)]
    [InlineData(139, "", false)]
    [InlineData(0, "", false)]
    public void A_refusal_is_told_from_a_question_that_could_not_be_asked(int exitCode, string error, bool refusal)
    {
        var answer = SshdAnswer.From(new(exitCode, "", error));
        Assert.Null(answer.Config);
        Assert.Equal(refusal, answer.Refusal is not null);
        Assert.Equal(!refusal, answer.Obstacle is not null);
    }

    static IEnumerable<SettingRule> Rules => SettingRules.All.Concat(AlgorithmRules.All);

    static Daemon AnyDaemon => new("/etc/ssh/sshd_config", 0, Daemon.DefaultProgram, false, DaemonArguments.None, "/etc/ssh/sshd_config", null, null);

    static SshdConfig NoConfig => SshdConfig.Read(SshdHost.Machine(), "/nonexistent");

    static Finding Judge(string rule, string settings, string? incomplete = null)
    {
        var answer = new SshdAnswer(EffectiveConfig.Parse(settings.Replace('|', '\n')));
        return new SettingJudge(AnyDaemon, NoConfig, [new JudgedContext(new Context(null, [], true), answer)], incomplete).Judge(Rules.Single(r => r.Rule.Id == rule));
    }
}
