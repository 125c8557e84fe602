using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Access;

/// <summary>What ends by itself, what has ended and left something, and what is still looked after.</summary>
public sealed class TimeTests : IDisposable
{
    readonly AccessHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task The_account_and_the_keys_of_a_party_end_no_later_than_its_access()
    {
        await host.ExpectAsync(Outcome.Pass, AccessRules.TimeLimited, "acme", "2026-12-31");
        host.Account("acme", 1001, "acme:!:20000:0:99999:7:::");
        await host.ExpectAsync(Outcome.Fail, AccessRules.TimeLimited, "acme", "never expires");
        // 20819 is 2027-01-01, the first closed day after the last open one; 20820 is a day late.
        host.Account("acme", 1001, "acme:!:20000:0:99999:7::20819:");
        await host.ExpectAsync(Outcome.Pass, AccessRules.TimeLimited, "acme");
        host.Account("acme", 1001, "acme:!:20000:0:99999:7::20820:");
        await host.ExpectAsync(Outcome.Fail, AccessRules.TimeLimited, "acme", "2027-01-01");
    }

    [Theory]
    [InlineData("", "never expires")]
    [InlineData("expiry-time=\"20270102Z\"", "2027-01-02")]
    public async Task A_key_that_outlives_the_access_fails(string options, string words)
    {
        host.NoKeys("acme").Key("acme", AccessHost.Acme, options);
        await host.ExpectAsync(Outcome.Fail, AccessRules.TimeLimited, "acme", words);
    }

    [Theory]
    [InlineData("expiry-time=\"20270101Z\"")]
    [InlineData("expiry-time=\"20280101\",expiry-time=\"20261130Z\"")]
    [InlineData("expiry-time=\"2026-12-31\"")]
    public async Task The_earliest_expiry_counts_and_a_malformed_one_is_a_dead_key(string options)
    {
        host.NoKeys("acme").Key("acme", AccessHost.Acme, options);
        await host.ExpectAsync(Outcome.Pass, AccessRules.TimeLimited, "acme");
    }

    [Fact]
    [Shows("access.time-limited", Outcome.Unknown)]
    public async Task A_directory_s_account_has_no_expiry_that_shows()
    {
        host.Account("acme", 1001, "");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.TimeLimited, "acme", "/etc/shadow");
    }

    [Fact]
    public async Task How_long_a_party_s_certificates_last_is_unknown()
    {
        host.Tree.File("/etc/ssh/ca.pub", AccessHost.Stranger + "\n");
        host.Sshd("trustedusercakeys /etc/ssh/ca.pub\n");
        host.Acmes.Authorities = [AccessHost.Fingerprint(AccessHost.Stranger)];
        await host.ExpectAsync(Outcome.Unknown, AccessRules.TimeLimited, $"authority {AccessHost.Fingerprint(AccessHost.Stranger)}");
    }

    [Fact]
    public async Task Staff_needs_no_end()
    {
        host.Settings.Access.Parties = [];
        await host.ExpectAsync(Outcome.NotApplicable, AccessRules.TimeLimited, "access", "third party");
    }

    [Fact]
    public async Task Of_what_ended_everything_left_is_named()
    {
        End();
        host.Sudoers("acme ALL=(root) /usr/bin/id\n").Tree.File("/var/spool/cron/crontabs/acme", "").File("/etc/cron.d/x", "# acme\n*/5 * * * * acme /bin/true\n@daily acme /bin/true\n").File("/var/lib/systemd/linger/acme", "");
        host.Tree.File("/home/acme/.config/systemd/user/x.service", "").File("/etc/group", "docker:x:998:acme\n").Process(77, "/usr/bin/tmux", "/", 1001);
        host.Session("acme", "198.51.100.7");
        var finding = await host.ExpectAsync(Outcome.Fail, AccessRules.NotExpired, "acme (acme)", "ended on 2026-11-01");
        var left = finding.Evidence.ToJson()["left"]!.ToJsonString();
        foreach (var words in new[] { "not expired", "a key in /home/acme", "sudo (/etc/sudoers:1)", "docker", "session from 198.51.100.7", "crontab", "/etc/cron.d/x:2", "/etc/cron.d/x:3", "linger", "systemd/user", "a process" })
            Assert.Contains(words, left, StringComparison.Ordinal);
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "acme", "ended on 2026-11-01");
    }

    [Fact]
    [Shows("access.not-expired", Outcome.Pass)]
    public async Task A_locked_password_and_a_refusing_shell_revoke_nothing()
    {
        End();
        host.NoKeys("acme").Account("acme", 1001, "acme:!*:20000:0:99999:7:::", shell: "/usr/sbin/nologin");
        await host.ExpectAsync(Outcome.Fail, AccessRules.NotExpired, "acme (acme)", "not expired");
        host.Account("acme", 1001, "acme:!*:20000:0:99999:7::1:");
        await host.ExpectAsync(Outcome.Pass, AccessRules.NotExpired, "acme (acme)", "nothing of it is left");
    }

    [Fact]
    public async Task A_key_of_an_expired_account_a_job_of_at_and_who_logged_in_as_it_are_left()
    {
        End();
        host.Account("acme", 1001, "acme:!:20000:0:99999:7::1:");
        await host.ExpectAsync(Outcome.Fail, AccessRules.NotExpired, "acme (acme)", "a key");
        host.NoKeys("acme");
        // It became root since, and its login shows who came.
        host.Tree.Process(78, "/usr/bin/bash", "/", 0).File("/proc/78/loginuid", "1001");
        await host.ExpectAsync(Outcome.Fail, AccessRules.NotExpired, "acme (acme)", "a process");
        host.Tree.End(78).Process(79, "/usr/bin/bash", "/", 0).File("/proc/79/loginuid", "4294967295");
        await host.ExpectAsync(Outcome.Pass, AccessRules.NotExpired, "acme (acme)");
    }

    [Fact]
    public async Task An_account_that_is_gone_may_leave_a_crontab()
    {
        End();
        host.NoKeys("acme").Gone("acme");
        await host.ExpectAsync(Outcome.Pass, AccessRules.NotExpired, "acme (acme)");
        host.Tree.File("/var/spool/cron/crontabs/acme", "");
        await host.ExpectAsync(Outcome.Fail, AccessRules.NotExpired, "acme (acme)", "crontab");
    }

    [Fact]
    [Shows("access.not-expired", Outcome.Unknown)]
    public async Task What_cannot_be_seen_of_an_ended_account_is_unknown()
    {
        End();
        host.NoKeys("acme").Account("acme", 1001, "acme:!:20000:0:99999:7::1:").Sshd("authorizedkeyscommand /opt/keys\n");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.NotExpired, "acme (acme)", "/opt/keys");
    }

    [Fact]
    public async Task The_trust_in_an_authority_ends_with_the_agreement()
    {
        host.Tree.File("/etc/ssh/ca.pub", AccessHost.Stranger + "\n");
        host.Sshd("trustedusercakeys /etc/ssh/ca.pub\n");
        host.Acmes.Authorities = [AccessHost.Fingerprint(AccessHost.Stranger)];
        host.Acmes.Agreement = new AgreementSettings { Ref = "BAA-17", Signed = new(2026, 3, 4), Expires = new(2026, 11, 1) };
        await host.ExpectAsync(Outcome.Fail, AccessRules.NotExpired, $"authority {AccessHost.Fingerprint(AccessHost.Stranger)} (acme)", "/etc/ssh/ca.pub:1");
    }

    [Fact]
    public async Task The_last_day_still_counts()
    {
        host.AcmeAccount.Until = new(2026, 11, 22);
        await host.ExpectAsync(Outcome.NotApplicable, AccessRules.NotExpired, "access");
        host.AcmeAccount.Until = new(2026, 11, 21);
        await host.ExpectAsync(Outcome.Fail, AccessRules.NotExpired, "acme (acme)");
    }

    [Fact]
    public async Task Whether_access_has_ended_is_unknown_by_a_clock_that_is_not_synchronised()
    {
        host.HostClock = AccessHost.NotKept;
        // Open by this clock, and ended by it: neither is certain while something is left.
        foreach (var until in new DateOnly[] { new(2026, 12, 31), new(2026, 11, 1) })
        {
            host.AcmeAccount.Until = until;
            await host.ExpectAsync(Outcome.Unknown, AccessRules.NotExpired, "acme (acme)", "not synchronised");
            await host.ExpectAsync(Outcome.Unknown, AccessRules.RegisteredOnly, "acme", "not synchronised");
        }
        // What ended long ago, nothing of which is left, or what has no end, is beyond doubt.
        host.AcmeAccount.Until = new(2025, 11, 1);
        host.Acmes.Agreement = new AgreementSettings { Ref = "BAA-17", Signed = new(2025, 3, 4), Expires = new(2027, 3, 4) };
        await host.ExpectAsync(Outcome.Fail, AccessRules.NotExpired, "acme (acme)", "ended on 2025-11-01");
        await host.ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "acme", "ended on 2025-11-01");
        await host.ExpectAsync(Outcome.Pass, AccessRules.RegisteredOnly, "ops");
        End();
        host.NoKeys("acme").Account("acme", 1001, "acme:!:20000:0:99999:7::1:");
        await host.ExpectAsync(Outcome.Pass, AccessRules.NotExpired, "acme (acme)", "nothing of it is left");
    }

    [Fact]
    public async Task Reviews_sessions_and_rights_hang_on_the_clock_too()
    {
        host.Session("acme", "198.51.100.7").Sudoers("acme ALL=(root) /usr/bin/id\n");
        host.AcmeAccount.Sudo = ["/usr/bin/id"];
        foreach (var (clock, outcome) in new[] { (host.HostClock, Outcome.Pass), (AccessHost.NotKept, Outcome.Unknown) })
        {
            host.HostClock = clock;
            await host.ExpectAsync(outcome, AccessRules.Reviewed, "staff");
            await host.ExpectAsync(outcome, AccessRules.Reviewed, "acme");
            await host.ExpectAsync(outcome, AccessRules.LeastPrivilege, "acme");
            Assert.Equal(outcome, (await host.CheckAsync()).Single(finding => finding.Rule == AccessRules.SessionsAllowed).Outcome);
        }
        host.Settings.Access.Staff!.Review = null;
        await host.ExpectAsync(Outcome.Fail, AccessRules.Reviewed, "staff", "no review");
    }

    /// <summary>What the host does by its own clock, it does at those days, right or wrong.</summary>
    [Fact]
    public async Task Whether_grants_end_by_themselves_does_not_hang_on_the_clock()
    {
        host.HostClock = AccessHost.NotKept;
        await host.ExpectAsync(Outcome.Pass, AccessRules.TimeLimited, "acme");
    }

    [Fact]
    public async Task A_review_is_good_for_a_year()
    {
        await host.ExpectAsync(Outcome.Pass, AccessRules.Reviewed, "staff", "j.doe");
        host.Settings.Access.Staff!.Review = new ReviewSettings { Last = new(2025, 11, 22), By = "j.doe" };
        await host.ExpectAsync(Outcome.Pass, AccessRules.Reviewed, "staff");
        host.Settings.Access.Staff!.Review = new ReviewSettings { Last = new(2025, 11, 21), By = "j.doe" };
        await host.ExpectAsync(Outcome.Fail, AccessRules.Reviewed, "staff", "more than a year ago");
        host.Settings.Access.Staff!.Review = new ReviewSettings { Last = new(2026, 11, 23), By = "j.doe" };
        await host.ExpectAsync(Outcome.Fail, AccessRules.Reviewed, "staff", "yet to come");
        host.Settings.Access.Staff!.Review = null;
        await host.ExpectAsync(Outcome.Fail, AccessRules.Reviewed, "staff", "no review");
    }

    [Fact]
    public async Task An_agreement_is_in_force_and_was_reviewed_when_it_was_signed()
    {
        await host.ExpectAsync(Outcome.Pass, AccessRules.Reviewed, "acme", "with the agreement");
        Agreement(new(2025, 3, 4), new(2027, 3, 4));
        await host.ExpectAsync(Outcome.Fail, AccessRules.Reviewed, "acme", "2025-03-04");
        host.Acmes.Review = new ReviewSettings { Last = new(2026, 3, 1), By = "j.doe" };
        await host.ExpectAsync(Outcome.Pass, AccessRules.Reviewed, "acme", "2026-03-01 by j.doe");
        Agreement(new(2026, 12, 1), new(2027, 3, 4));
        await host.ExpectAsync(Outcome.Fail, AccessRules.Reviewed, "acme", "yet to come");
        Agreement(new(2025, 3, 4), new(2026, 3, 4));
        await host.ExpectAsync(Outcome.Fail, AccessRules.Reviewed, "acme", "acme is still there");
        host.Gone("acme");
        await host.ExpectAsync(Outcome.NotApplicable, AccessRules.Reviewed, "acme", "so did its access");

        void Agreement(DateOnly signed, DateOnly expires) => host.Acmes.Agreement = new AgreementSettings { Ref = "BAA-17", Signed = signed, Expires = expires };
    }

    void End() => host.AcmeAccount.Until = new(2026, 11, 1);
}
