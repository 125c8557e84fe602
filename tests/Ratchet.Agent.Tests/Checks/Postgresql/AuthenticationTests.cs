using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>Who is let in, from where, by which proof.</summary>
public sealed class AuthenticationTests
{
    [Fact]
    public Task Stored_MD5_hashes_fail_though_new_ones_are_SCRAM() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.PasswordsScram, host => host.Row("password,old,md5", "password,new,scram"), "old (md5)");

    [Fact]
    public Task SCRAM_and_roles_without_password_pass() => PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.PasswordsScram, host => host.Row("password,a,none", "password,b,scram"));

    [Fact]
    public Task A_role_with_its_own_password_encryption_fails() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.PasswordsScram, host => host.Row("override,,app,password_encryption,md5"), "role app");

    [Fact]
    public Task How_a_stopped_server_stores_passwords_is_unknown() => PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.PasswordsScram, host => host.Stop());

    [Fact]
    public Task Version_13_makes_MD5_by_default() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.PasswordsScram, host => host.Stop().Tree.File($"{PostgresHost.Data}/PG_VERSION", "13\n"));

    [Fact]
    public Task Rejected_HBA_lines_leave_the_old_ones_in_force_which_nobody_sees() => PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.HbaStrong, host => host.Row("hba,,7,,,true"), "goes on with the lines");

    [Fact]
    public Task A_server_that_reads_other_lines_is_believed_more_than_the_file() => PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.HbaEncrypted, host => host.Row("hba,,9,host,trust,false"), "other lines");

    [Fact]
    public Task A_line_that_cannot_match_while_TLS_is_off_is_no_refused_file() => PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.HbaEncrypted, host =>
    {
        host.Tree.File(PostgresHost.Hba, PostgresHost.GoodHba + "hostssl x x 10.0.0.0/8 cert\n");
        host.Row("hba,,4,hostssl,cert,true");
    });

    [Fact]
    public Task A_host_line_for_others_fails() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.HbaEncrypted, host => host.WriteHba("host all all 10.0.0.0/8 scram-sha-256\n"), "pg_hba.conf:1 lets everybody into every database in unencrypted from 10.0.0.0/8");

    [Theory]
    [InlineData("postgres", "dba", "alice", Outcome.Unknown)]
    [InlineData("postgres", "dba", "all", Outcome.Fail)]
    [InlineData("postgres", "webs", "all", Outcome.Unknown)]
    [InlineData("webs", "dba", "all", Outcome.Unknown)]
    public Task A_reject_for_a_group_may_take_a_member_and_leaves_who_is_none(string superuser, string group, string user, object outcome) => PostgresHost.ExpectAsync((Outcome)outcome, PostgresRules.HbaEncrypted, host =>
        host.WriteHba($"hostnossl all +webs all reject\nhost all {user} 10.0.0.0/8 scram-sha-256\n").Row($"superuser,{superuser},true", $"member,{superuser},{group}"), "pg_hba.conf:2");

    [Fact]
    public Task A_line_for_a_group_may_hide_a_weak_one() => PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.HbaStrong, host => host.WriteHba("hostssl all +webs all scram-sha-256\nhostssl all alice 10.0.0.0/8 trust\n"), "pg_hba.conf:2");

    [Fact]
    public Task Lines_for_others_do_not_count_where_nobody_can_come() => PostgresHost.ExpectAsync(Outcome.NotApplicable, PostgresRules.HbaEncrypted, host => host.WriteHba("host all all 10.0.0.0/8 scram-sha-256\n").ListenOn("0100007F:1538"));

    [Theory]
    [InlineData("local all all trust", Outcome.Fail)]
    [InlineData("host all all 127.0.0.1/32 trust", Outcome.Fail)]
    [InlineData("hostssl all all 10.0.0.0/8 trust clientcert=verify-full", Outcome.Pass)]
    [InlineData("hostssl all all 10.0.0.0/8 password", Outcome.Fail)]
    [InlineData("hostssl all all 10.0.0.0/8 ident", Outcome.Fail)]
    [InlineData("host all all 10.0.0.0/8 ldap ldapserver=x", Outcome.Fail)]
    [InlineData("hostssl all all 10.0.0.0/8 ldap ldapserver=x", Outcome.Pass)]
    [InlineData("hostssl all all 10.0.0.0/8 reject\nhostssl all all 10.0.0.0/9 trust", Outcome.Pass)]
    [InlineData("hostssl all all 10.0.0.0/8 magic", Outcome.Unknown)]
    [InlineData("hostssl all all 10.0.0.0/8 md5", Outcome.Pass)]
    [InlineData("local all all ident", Outcome.Pass)]
    [InlineData("hostgssenc all all 0.0.0.0/0 trust", Outcome.Fail)]
    [InlineData("hostgssenc all all 0.0.0.0/0 gss", Outcome.Pass)]
    [InlineData("hostgssenc all all 0.0.0.0/0 reject\nhostgssenc all all 0.0.0.0/0 trust", Outcome.Pass)]
    public Task Methods_are_judged_where_they_are_reached(string line, object outcome) => PostgresHost.ExpectAsync((Outcome)outcome, PostgresRules.HbaStrong, host => host.WriteHba(line + "\n"));

    [Fact]
    public Task Md5_is_as_good_as_what_is_stored() => PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.HbaStrong, host => host.WriteHba("hostssl all all 10.0.0.0/8 md5\n").Row("password,old,md5"));

    [Fact]
    public Task A_superuser_from_afar_fails() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.SuperusersLocal, host => host.WriteHba("hostssl all all 10.0.0.0/8 scram-sha-256\n").Row("superuser,root,true", "password,root,scram"), "the superuser root");

    [Fact]
    public Task A_superuser_of_a_named_group_fails() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.SuperusersLocal, host => host.WriteHba("hostssl all +dba 10.0.0.0/8 cert\n").Row("superuser,root,true", "member,root,dba"));

    [Fact]
    public Task A_superuser_without_password_is_let_in_by_no_password() => PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.SuperusersLocal, host => host.WriteHba("hostssl all all 10.0.0.0/8 scram-sha-256\n").Row("superuser,postgres,true", "password,postgres,none"));

    [Fact]
    public Task A_superuser_that_cannot_log_in_is_none_to_fear() => PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.SuperusersLocal, host => host.WriteHba("hostssl all all 10.0.0.0/8 cert\n").Row("superuser,owner,false"));

    [Fact]
    public Task Who_is_a_superuser_of_a_stopped_server_is_unknown() => PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.SuperusersLocal, host => host.Stop());
}
