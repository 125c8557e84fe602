using System.Diagnostics;
using System.Text.Json.Nodes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks;

/// <summary>The program itself, without privilege, where /proc hides other users' processes (hidepid=2).</summary>
public sealed class HiddenProcessesTests
{
    // Clusters at rest would be judged by their files.
    const string Hide = "for place in /etc/postgresql /var/lib/postgresql; do [ ! -d $place ] || mount -t tmpfs none $place || exit; done; mount -t proc -o hidepid=2 proc /proc || exit; ";

    [NeedsNamespacesFact]
    public async Task What_is_hidden_is_not_said_to_be_absent()
    {
        using var folder = new Folder();
        var config = folder.Write("agent.json", "{}");
        foreach (var path in new[] { folder.Path, config }) File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        var binary = Environment.GetEnvironmentVariable("AGENT_UNDER_TEST");
        string[] agent = binary is null ? ["dotnet", Path.Combine(AppContext.BaseDirectory, "ratchet-agent.dll")] : [binary];
        using var process = Process.Start(new ProcessStartInfo("unshare",
        [
            "--mount", "sh", "-c", Hide + "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"", "sh",
            .. agent, "check", "--only", "jvm,tomcat,postgresql", "--config", config, "--format", "ndjson",
        ]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var findings = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).Select(record => (Rule: (string)record["rule"]!["id"]!, Evaluation: (string)record["result"]!["evaluation"]!, Message: (string)record["message"]!)).ToList();
        await process.WaitForExitAsync();
        Assert.True(findings.Count > 0, await error);
        foreach (var area in new[] { "jvm.", "postgresql." })
            Assert.All(findings.Where(finding => finding.Rule.StartsWith(area, StringComparison.Ordinal)), finding => Assert.True(finding.Evaluation == "unknown", finding.ToString()));
        // A Tomcat at rest can be judged by its files.
        Assert.DoesNotContain(findings, finding => finding.Rule.StartsWith("tomcat.", StringComparison.Ordinal) && finding.Evaluation == "not_applicable" && finding.Message.Contains("neither", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Message.Contains("hidepid", StringComparison.Ordinal));
    }
}
