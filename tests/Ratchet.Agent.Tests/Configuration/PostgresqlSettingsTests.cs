using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Configuration;

public sealed class PostgresqlSettingsTests
{
    [Theory]
    [InlineData("root", "$.postgresql.role")]
    [InlineData("postgres", "$.postgresql.role")]
    [InlineData(" ", "$.postgresql.role")]
    public void A_server_is_asked_as_a_role_of_its_own(string role, string place) =>
        Assert.Equal(place, Assert.Single(SettingsRules.Broken(new Settings { Postgresql = new PostgresqlSettings { Role = role } })).Place);

    [Fact]
    public void An_attestation_names_a_cluster_and_who_answers_for_it()
    {
        var broken = SettingsRules.Broken(new Settings { Postgresql = new PostgresqlSettings { Backups = [new BackupSettings { Cluster = "", Encrypted = true, AttestedBy = " ", At = new DateOnly(2026, 1, 1) }] } });
        Assert.Equal(["$.postgresql.backups[0].cluster", "$.postgresql.backups[0].attestedBy"], broken.Select(rule => rule.Place));
    }
}
