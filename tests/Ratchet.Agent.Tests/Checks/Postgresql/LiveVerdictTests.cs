using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>Sessions and replication, as the server tells of them at this moment.</summary>
public sealed class LiveVerdictTests
{
    [Fact]
    public Task Plain_sessions_of_other_hosts_fail() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.SessionsEncrypted, host => host.Row("session,app,10.1.1.1,true,false,3,client backend"), "app from 10.1.1.1 (3 sessions) is unencrypted");

    [Fact]
    public Task Encrypted_sessions_pass() => PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.SessionsEncrypted, host => host.Row("session,app,10.1.1.1,true,true,3,client backend"));

    [Fact]
    public Task Sessions_of_the_host_itself_do_not_travel() => PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.SessionsEncrypted, host =>
    {
        host.Tree.File("/proc/net/fib_trie", "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.5\n        /32 host LOCAL\n").File("/proc/net/if_inet6", "fd000000000000000000000000000005 02 40 00 80 eth0\n");
        host.Row("session,app,127.0.0.1,true,false,3,client backend", "session,app,10.0.0.5,true,false,1,client backend", "session,app,fd00::5,true,false,1,client backend");
    });

    [Fact]
    [Shows("postgresql.sessions-encrypted", Outcome.Unknown)]
    public Task A_role_that_sees_only_its_own_session_proves_nothing() => PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.SessionsEncrypted, host => host.Server(showsSessions: false));

    [Fact]
    public Task A_session_of_which_nothing_is_said_is_unknown() => PostgresHost.ExpectAsync(Outcome.Unknown, PostgresRules.SessionsEncrypted, host => host.Row("session,app,10.1.1.1,false,false,1,client backend"));

    [Fact]
    public Task No_session_of_a_stopped_server_is_judged() => PostgresHost.ExpectAsync(Outcome.NotApplicable, PostgresRules.SessionsEncrypted, host => host.Stop());

    [Fact]
    public Task A_plain_replication_stream_fails() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ReplicationEncrypted, host => host.Row("session,standby,10.1.1.2,true,false,1,walsender"));

    [Fact]
    public Task An_encrypted_replication_stream_passes() => PostgresHost.ExpectAsync(Outcome.Pass, PostgresRules.ReplicationEncrypted, host => host.Row("session,standby,10.1.1.2,true,true,1,walsender"));

    [Theory]
    [InlineData("prefer", Outcome.Fail)]
    [InlineData("", Outcome.Fail)]
    [InlineData("require", Outcome.Pass)]
    [InlineData("verify-full", Outcome.Pass)]
    public Task A_standby_must_demand_TLS(string mode, object outcome) => PostgresHost.ExpectAsync((Outcome)outcome, PostgresRules.ReplicationEncrypted, host => host.Server(standby: true).Row($"upstream,{mode},false"));

    [Fact]
    public Task What_the_stream_runs_with_counts_before_what_is_written() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ReplicationEncrypted, host => host.Server(standby: true).Row("upstream,verify-full,false", "receiver,prefer,10.0.0.9"));

    [Fact]
    public Task A_subscription_that_prefers_TLS_fails() => PostgresHost.ExpectAsync(Outcome.Fail, PostgresRules.ReplicationEncrypted, host => host.Row("subscription,orders,,false"), "orders");

    [Theory]
    [InlineData("subscription,orders,,", Outcome.Unknown)]
    [InlineData("subscription,orders,disable,", Outcome.Unknown)]
    [InlineData("subscription,orders,verify-full,", Outcome.Pass)]
    [InlineData("upstream,,", Outcome.Unknown)]
    [InlineData("upstream,require,", Outcome.Pass)]
    [InlineData("source", Outcome.Unknown)]
    public Task A_connection_that_cannot_be_read_is_unknown_where_it_does_not_demand_TLS(string row, object outcome) => PostgresHost.ExpectAsync((Outcome)outcome, PostgresRules.ReplicationEncrypted, host => host.Server(standby: true).Row(row));

    [Fact]
    public Task Nobody_to_replicate_to_is_not_applicable() => PostgresHost.ExpectAsync(Outcome.NotApplicable, PostgresRules.ReplicationEncrypted, host => host.Row("subscription,here,,true"));

    [Fact]
    public Task Leftover_primary_conninfo_of_a_primary_counts_for_nothing() => PostgresHost.ExpectAsync(Outcome.NotApplicable, PostgresRules.ReplicationEncrypted, host => host.Row("upstream,prefer,false"));
}
