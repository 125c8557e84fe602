using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Postgresql;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Access;

/// <summary>Roles of databases, from the one answer of the server that the PostgreSQL rules are judged by.</summary>
public sealed class DatabaseRoleTests : IDisposable
{
    readonly PostgresHost host = new();
    readonly Settings settings = new()
    {
        Access = new AccessSettings
        {
            Staff = new StaffSettings { DatabaseRoles = [new DatabaseRoleGrant { Role = "postgres" }] },
            Parties =
            [
                new PartySettings
                {
                    Id = "acme", Owner = "o", Reason = "r", Agreement = new AgreementSettings { Ref = "B", Signed = new(2020, 1, 1), Expires = new(2999, 12, 31) },
                    DatabaseRoles = [new DatabaseRoleGrant { Role = "acme_ro", Cluster = "16/*", Until = new(2999, 6, 30) }],
                },
            ],
        },
    };

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task Each_role_that_may_log_in_is_registered_or_fails()
    {
        host.Row("role,postgres,", "role,acme_ro,32487868800", "role,app,", "role,ratchet-agent,");
        await ExpectAsync(Outcome.Pass, AccessRules.RegisteredOnly, "16/main role postgres", "staff");
        await ExpectAsync(Outcome.Pass, AccessRules.RegisteredOnly, "16/main role acme_ro", "acme");
        await ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "16/main role app", "nobody registered");
        Assert.DoesNotContain(await CheckAsync(), finding => finding.Subject.Contains("ratchet-agent", StringComparison.Ordinal));
        settings.Access.Parties[0].DatabaseRoles[0].Cluster = "15/*";
        await ExpectAsync(Outcome.Fail, AccessRules.RegisteredOnly, "16/main role acme_ro", "nobody registered");
    }

    [Theory]
    [InlineData("", "Fail", "for ever")]
    // 2999-07-01 00:00 UTC, and a second later.
    [InlineData("32487782400", "Pass", "2999-06-30")]
    [InlineData("32487782401", "Fail", "2999-07-01")]
    public async Task A_party_s_role_ends_no_later_than_its_access(string valid, string outcome, string words)
    {
        host.Row($"role,acme_ro,{valid}", "role,postgres,");
        await ExpectAsync(Enum.Parse<Outcome>(outcome), AccessRules.TimeLimited, "16/main role acme_ro", words);
    }

    [Fact]
    public async Task Valid_until_revokes_nothing_and_nologin_does()
    {
        settings.Access.Parties[0].DatabaseRoles[0].Until = new(2025, 1, 1);
        // It ended in 2020; trust, peer and certificates do not ask.
        host.Row("role,acme_ro,1577836800", "role,postgres,");
        await ExpectAsync(Outcome.Fail, AccessRules.NotExpired, "role acme_ro in 16/* (acme)", "it may log in to 16/main");
        using var nologin = new PostgresHost();
        nologin.Row("role,postgres,");
        var finding = (await CheckAsync(nologin)).Single(finding => finding.Rule == AccessRules.NotExpired);
        Assert.Equal(Outcome.Pass, finding.Outcome);
    }

    [Fact]
    [Shows("access.registered-only", Outcome.NotApplicable)]
    public async Task A_server_that_does_not_answer_is_unknown_and_a_stopped_one_lets_nobody_in()
    {
        settings.Access.Parties[0].DatabaseRoles[0].Until = new(2025, 1, 1);
        host.Refuse("psql: error: FATAL:  no");
        await ExpectAsync(Outcome.Unknown, AccessRules.RegisteredOnly, "16/main", "no");
        await ExpectAsync(Outcome.Unknown, AccessRules.NotExpired, "role acme_ro in 16/* (acme)", "not known");
        host.Stop();
        await ExpectAsync(Outcome.NotApplicable, AccessRules.RegisteredOnly, "16/main", "stopped");
        await ExpectAsync(Outcome.Unknown, AccessRules.NotExpired, "role acme_ro in 16/* (acme)", "stopped");
    }

    [Fact]
    public async Task Both_checks_of_a_sweep_ask_the_server_once()
    {
        host.Row("role,postgres,");
        var client = new ServerClient("ratchet-agent");
        var runs = await new Sweep(host.Machine, TimeSpan.FromMinutes(1), new Waivers([])).RunAsync([new PostgresCheck(settings.Postgresql, client), new AccessCheck(settings, new SshdSurvey(settings.Ssh), client)], CancellationToken.None);
        Assert.Single(host.Commands, command => command.Contains("psql", StringComparison.Ordinal));
        Assert.Contains(runs[1].Findings, finding => finding is { Outcome: Outcome.Pass, Subject: "16/main role postgres" });
    }

    [PostgresFact]
    public async Task A_real_server_names_its_roles_and_their_ends()
    {
        using var cluster = new PostgresCluster().Prepare();
        cluster.Sql("create role acme_ro login valid until '2026-12-31 00:00:00+00'");
        cluster.Sql("create role forever login valid until 'infinity'");
        cluster.Sql("create role expired login valid until '2020-01-01 00:00:00+00'");
        cluster.Sql("create role ended nologin");
        var machine = new Machine("/", Command.RunAsync);
        var found = (await ClusterRoles.ReadAsync(machine, new ServerClient(PostgresCluster.Role), CancellationToken.None)).Single(one => one.Cluster == cluster.Data);
        Assert.True(found.Roles is not null, found.Reason);
        Assert.Equal(["acme_ro 2026-12-31", "expired 2020-01-01", "forever ", "nobody ", "postgres "], found.Roles.Select(role => $"{role.Name} {role.ValidUntil:yyyy-MM-dd}").Order(StringComparer.Ordinal));
    }

    async Task<IReadOnlyList<Finding>> CheckAsync(PostgresHost? other = null) =>
        (await new AccessCheck(settings, new SshdSurvey(settings.Ssh), new ServerClient("ratchet-agent")).RunAsync((other ?? host).Machine, CancellationToken.None)).Note();

    async Task ExpectAsync(Outcome outcome, Rule rule, string subject, string words)
    {
        var findings = await CheckAsync();
        var finding = findings.SingleOrDefault(finding => finding.Rule == rule && finding.Subject == subject);
        Assert.True(finding?.Outcome == outcome && finding.Message.Contains(words, StringComparison.Ordinal), $"{finding?.Outcome}: {finding?.Message}; there are {string.Join(", ", findings.Where(one => one.Rule == rule).Select(one => one.Subject))}");
    }
}
