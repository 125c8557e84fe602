using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Ratchet.Agent.Tests.Checks.Ports;
using Ratchet.Agent.Tests.Checks.Sshd;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Cli;

/// <summary>The whole program on this very host: a real sshd with Match blocks in drop-ins, real listeners in two network namespaces.</summary>
[Collection(RealSshd.Name)]
public sealed class CheckVerbTests
{
    [SshdFact]
    public async Task Check_judges_the_real_sshd_in_its_worst_context_and_the_listeners_of_two_namespaces()
    {
        using var sshd = new SshdHost("Include FOLDER/d/*.conf\nPermitRootLogin no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n");
        Directory.CreateDirectory($"{sshd.Folder}/d");
        await File.WriteAllTextAsync($"{sshd.Folder}/d/50-vendor.conf", "Match Address 10.0.0.0/8,!10.1.0.0/16 User postgres\n  PasswordAuthentication yes\nMatch all\n");
        using var own = new TcpListener(IPAddress.Loopback, 0);
        own.Start();
        var port = ((IPEndPoint)own.LocalEndpoint).Port;
        using var other = new Namespace();
        other.Python("s = socket.socket(); s.bind(('127.0.0.1', 4711)); s.listen()");
        using var folder = new Folder();
        var config = folder.Write("agent.json", $$"""
            { "state": "{{folder["state"]}}", "ports": { "allow": [
              { "protocol": "tcp", "port": {{port}}, "reach": "loopback", "required": true },
              { "protocol": "tcp", "port": {{sshd.Port}}, "program": "/usr/sbin/sshd", "reach": "loopback" } ] } }
            """);

        var result = await AgentProcess.RunAsync("check", "--only", "sshd,ports", "--format", "json", "--config", config);

        Assert.Equal(1, result.ExitCode);
        using var document = JsonDocument.Parse(result.Output);
        var findings = document.RootElement.EnumerateArray().Select(Seen).ToList();
        Assert.All(findings, finding => Assert.True(finding.Rule.StartsWith("sshd.", StringComparison.Ordinal) || finding.Rule.StartsWith("ports.", StringComparison.Ordinal) || finding.Rule == "agent.waivers-current", finding.Rule));
        var passwords = Assert.Single(findings, finding => finding.Rule == "sshd.password-login" && finding.Subject == sshd.Config);
        Assert.Equal("failed", passwords.Evaluation);
        Assert.Contains("postgres from 10.", passwords.Message, StringComparison.Ordinal);
        Assert.Contains($"{sshd.Folder}/d/50-vendor.conf:2", passwords.Message, StringComparison.Ordinal);
        Assert.Equal("passed", Assert.Single(findings, finding => finding.Rule == "sshd.root-login" && finding.Subject == sshd.Config).Evaluation);
        Assert.Equal("passed", Assert.Single(findings, finding => finding.Rule == "ports.expected-only" && finding.Subject.Contains($"127.0.0.1:{sshd.Port} ", StringComparison.Ordinal)).Evaluation);
        Assert.Equal("passed", Assert.Single(findings, finding => finding.Rule == "ports.expected-only" && finding.Subject.Contains($"127.0.0.1:{port} ", StringComparison.Ordinal)).Evaluation);
        var foreign = Assert.Single(findings, finding => finding.Rule == "ports.expected-only" && finding.Subject.Contains("127.0.0.1:4711 ", StringComparison.Ordinal));
        Assert.Equal("failed", foreign.Evaluation);
        Assert.Contains("namespace", foreign.Text, StringComparison.Ordinal);
    }

    static (string Rule, string Subject, string Evaluation, string Message, string Text) Seen(JsonElement payload) => (
        payload.GetProperty("rule").GetProperty("id").GetString()!,
        payload.GetProperty("resource").GetProperty("name").GetString()!,
        payload.GetProperty("result").GetProperty("evaluation").GetString()!,
        payload.GetProperty("message").GetString()!,
        payload.ToString());
}
