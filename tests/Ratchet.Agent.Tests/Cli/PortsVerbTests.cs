using System.CommandLine;
using System.Text.Json;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Cli;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Checks.Ports;

namespace Ratchet.Agent.Tests.Cli;

public sealed class PortsVerbTests
{
    [Fact]
    public async Task What_is_suggested_read_back_as_configuration_lets_everything_pass()
    {
        using var host = Busy();
        var settings = Parse(Run(host, new Settings(), "--suggest"));
        Assert.NotEmpty(settings.Ports.Allow);
        var findings = await new PortsCheck(settings).RunAsync(host.Machine, CancellationToken.None);
        Assert.All(findings, finding => Assert.True(finding.Outcome is Outcome.Pass or Outcome.NotApplicable, $"{finding.Subject}: {finding.Message}"));
        Assert.Equal(8, findings.Count(finding => finding.Rule == PortRules.ExpectedOnly && finding.Outcome == Outcome.Pass));
        Assert.Equal(8, findings.Count(finding => finding.Rule == PortRules.ReachLimited && finding.Outcome == Outcome.Pass));
    }

    [Fact]
    public async Task What_is_suggested_allows_nothing_else()
    {
        using var host = Busy();
        var settings = Parse(Run(host, new Settings(), "--suggest"));
        host.Tcp(("00000000:1F90", 900), ("00000000:1538", 902), ("00000000:2328", 901))
            .Process(900, "/tmp/other", "/", 0, 900).Process(901, "/usr/bin/nc", "/", 0, 901).Process(902, "/usr/lib/postgresql/16/bin/postgres", "/system.slice/postgresql@16-main.service", 0, 902);
        var findings = await new PortsCheck(settings).RunAsync(host.Machine, CancellationToken.None);
        Assert.Equal(
            [("ports.expected-only", "tcp 0.0.0.0:8080 /tmp/other"), ("ports.expected-only", "tcp 0.0.0.0:9000 /usr/bin/nc"), ("ports.reach-limited", "tcp 0.0.0.0:5432 postgresql@16-main.service")],
            findings.Where(finding => finding.Outcome == Outcome.Fail).Select(finding => (finding.Rule.Id, finding.Subject)).Order());
    }

    [Fact]
    public void The_table_shows_one_line_for_each_listener_and_brackets_and_escapes_of_the_host_as_text()
    {
        using var host = Busy();
        var lines = Run(host, new Settings { Roles = ["tomcat"] }).Split('\n');
        Assert.Contains(lines, line => line.Contains("[red]x\\u001B[0m", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains('\u001b', StringComparison.Ordinal));
        var tomcat = Assert.Single(lines, line => line.Contains("tomcat10.service", StringComparison.Ordinal));
        Assert.Equal(["allowed", "tcp", "0.0.0.0", "8080", "any", "tomcat", "tomcat10.service", "/usr/bin/java"], tomcat.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Equal(2, lines.Count(line => line.Contains("postgresql", StringComparison.Ordinal) && line.Contains("not allowed", StringComparison.Ordinal)));
    }

    [Fact]
    public void Json_carries_subject_facts_and_verdict()
    {
        using var host = Busy();
        using var document = JsonDocument.Parse(Run(host, new Settings { Roles = ["tomcat"] }, "--format", "json"));
        var tomcat = document.RootElement.EnumerateArray().Single(item => item.GetProperty("port").GetInt32() == 8080);
        Assert.Equal(("tcp 0.0.0.0:8080 tomcat10.service", "allowed"), (tomcat.GetProperty("subject").GetString(), tomcat.GetProperty("verdict").GetString()));
    }

    /// <summary>A unit, a waiting socket, an instance, a container, a hostile path, an unattributed socket, UDP and client UDP.</summary>
    static HostTree Busy()
    {
        const string docker = "/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope";
        return new HostTree()
            .Tcp(("00000000:1F90", 100), ("00000000:0016", 101), ("0100007F:1538", 102), ("0100000A:2328", 103), ("00000000:0801", 104))
            .Tcp6(("00000000000000000000000001000000:1538", 105))
            .Udp(("3500007F:0035", 106), ("00000000:C001", 107))
            .Process(1, "/usr/lib/systemd/systemd", "/init.scope", 0, 101).File("/lib/systemd/system/ssh.socket", "[Socket]\nListenStream=22\n")
            .Process(500, "/usr/bin/java", "/system.slice/tomcat10.service", 999, 100)
            .Process(501, "/usr/lib/postgresql/16/bin/postgres", "/system.slice/postgresql@16-main.service", 0, 102, 105)
            .Process(502, "/home/*/[red]x\u001b[0m", "/user.slice/user-1000.slice/session-3.scope", 1000, 103)
            .Process(503, "/usr/lib/systemd/systemd-resolved", "/system.slice/systemd-resolved.service", 0, 106, 107)
            .Process(600, "/usr/bin/redis", docker, 0, 300).Link("/proc/600/ns/net", "net:[2]").File("/proc/600/net/tcp", HostTree.Table("0A", ("00000000:18EB", 300)));
    }

    static Settings Parse(string json) => JsonSerializer.Deserialize(json, SettingsJson.Default.Settings)!;

    static string Run(HostTree host, Settings settings, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var command = new RootCommand { PortsVerb.Create(_ => (host.Machine, settings)) };
        Assert.Equal(0, command.Parse(["ports", .. arguments]).Invoke(new InvocationConfiguration { Output = output, Error = error }));
        Assert.Equal("", error.ToString());
        return output.ToString();
    }
}
