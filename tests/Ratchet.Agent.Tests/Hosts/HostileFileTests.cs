using Ratchet.Agent.Checks;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Hosts;

/// <summary>One configuration file is as long as a disk, or a pipe; or a program has no answer.</summary>
public sealed class HostileFileTests : HostileHost
{
    public static TheoryData<string, string, string, string> Files => new()
    {
        { "tomcat-weak", "etc/tomcat10/server.xml", "tomcat", "tomcat.ajp-protected" },
        { "tomcat-weak", "etc/tomcat10/tomcat-users.xml", "tomcat", "tomcat.users-safe" },
        { "tomcat-weak", "etc/tomcat10/catalina.properties", "tomcat", "tomcat.ajp-protected" },
        { "tomcat-weak", "usr/share/tomcat10-admin/manager/WEB-INF/web.xml", "tomcat", "tomcat.manager-restricted" },
        { "postgres-weak", "etc/postgresql/14/main/pg_hba.conf", "postgresql", "postgresql.hba-encrypted" },
        { "access-weak", "etc/sudoers", "access", "access.least-privilege" },
        { "access-weak", "home/acme/.ssh/authorized_keys", "sshd access", "sshd.authorized-keys" },
        { "salt-master-weak", "etc/salt/minion.d/site.conf", "salt", "salt.master-pinned" },
        { "salt-master-weak", "etc/rsyslog.d/60-forward.conf", "ubuntu", "ubuntu.audit-logged" },
        { "salt-master-weak", "etc/apt/apt.conf.d/50unattended-upgrades", "ubuntu", "ubuntu.unattended-upgrades" },
        { "ossec-agent-02-running-connected", "var/ossec/etc/client.keys", "ossec", "ossec.keys-valid" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_of_a_gigabyte_is_unknown_by_name_and_changes_no_other_verdict(string host, string file, string areas, string rule) =>
        await AssertRefusedAsync(host, file, areas, rule, path => Grow(path, Gigabyte), "1073741824 bytes");

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_pipe_in_the_place_of_a_file_is_unknown_by_name_and_changes_no_other_verdict(string host, string file, string areas, string rule) =>
        await AssertRefusedAsync(host, file, areas, rule, path =>
        {
            File.Delete(path);
            Programs.Run("mkfifo", path);
        }, "fifo");

    [Fact]
    public async Task A_psql_that_gives_no_answer_is_unknown()
    {
        var findings = await AssertOthersSayTheSameAsync("postgres-weak", "postgresql access", root => File.WriteAllText($"{root}/../commands.txt", "$ none\n"));
        Assert.Contains(findings, finding => finding.Rule.Id == "postgresql.sessions-encrypted" && finding.Outcome == Outcome.Unknown && finding.Message.Contains("psql", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_web_xml_of_a_gigabyte_makes_the_connector_unknown_that_needs_it()
    {
        var findings = await AssertOthersSayTheSameAsync("tomcat-weak", "tomcat", root =>
        {
            var server = $"{root}/etc/tomcat10/server.xml";
            var changed = File.GetLastWriteTimeUtc(server);
            File.WriteAllText(server, File.ReadAllText(server).Replace("scheme=\"https\" secure=\"true\"/>", "redirectPort=\"8443\"/>", StringComparison.Ordinal));
            File.SetLastWriteTimeUtc(server, changed);
            Grow($"{root}/etc/tomcat10/web.xml", Gigabyte);
        });
        Assert.Contains(findings, finding => finding.Rule.Id == "tomcat.connectors-encrypted" && finding.Subject.EndsWith(" connector 1", StringComparison.Ordinal) && finding.Outcome == Outcome.Unknown && finding.Message.Contains("web.xml: has 1073741824 bytes", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Rule.Id == "tomcat.ajp-protected" && finding.Outcome == Outcome.Fail);
    }

    async Task AssertRefusedAsync(string host, string file, string areas, string rule, Action<string> plant, string reason)
    {
        var findings = await AssertOthersSayTheSameAsync(host, areas, root => plant($"{root}/{file}"));
        Assert.Contains(findings, finding => finding.Rule.Id == rule && finding.Outcome == Outcome.Unknown && finding.Message.Contains(Path.GetFileName(file), StringComparison.Ordinal) && finding.Message.Contains(reason, StringComparison.Ordinal));
    }
}
