using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Tests.Checks.Tomcat;

/// <summary>Both checks on real Tomcats: what is written in files, options and environment is what the kernel and the JVM show.</summary>
public sealed class RealTomcatTests(RealTomcats tomcats) : IClassFixture<RealTomcats>
{
    [TomcatFact]
    public async Task One_as_it_should_be_passes()
    {
        var findings = await tomcats.JudgeAsync(tomcats.Good);
        Assert.All(findings, finding => Assert.True(finding.Outcome is Outcome.Pass or Outcome.NotApplicable, $"{finding.Outcome} {finding.Rule.Id} {finding.Subject}: {finding.Message}"));
        Assert.Equal(17, findings.Select(finding => finding.Rule).Distinct().Count());
        Assert.Equal("tomcat.ajp-protected", Assert.Single(findings, finding => finding.Outcome == Outcome.NotApplicable).Rule.Id);
    }

    [TomcatFact]
    public async Task One_with_everything_wrong_fails_each_rule_but_those_that_it_keeps()
    {
        var findings = await tomcats.JudgeAsync(tomcats.Bad);
        var failed = findings.Where(finding => finding.Outcome == Outcome.Fail).Select(finding => finding.Rule.Id).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(
        [
            "jvm.debugger-off", "jvm.dumps-protected", "jvm.jmx-protected", "jvm.no-secrets-in-arguments",
            "tomcat.access-logged", "tomcat.ajp-protected", "tomcat.auto-deploy-off", "tomcat.connectors-encrypted", "tomcat.files-protected", "tomcat.manager-restricted",
            "tomcat.shutdown-closed", "tomcat.users-safe", "tomcat.version-hidden",
        ], failed);
        Assert.All(findings.Where(finding => finding.Outcome != Outcome.Fail), finding => Assert.True(finding.Outcome == Outcome.Pass, $"{finding.Outcome} {finding.Rule.Id}: {finding.Message}"));
        Assert.All(findings, finding => Assert.DoesNotContain("hunter2", finding.Message + finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal));
        Assert.Contains("JAVA_TOOL_OPTIONS", findings.Single(finding => finding.Rule.Id == "jvm.debugger-off").Message, StringComparison.Ordinal);
        Assert.Contains("performance data", findings.Single(finding => finding.Rule.Id == "jvm.jmx-protected").Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    [TomcatFact]
    public async Task One_whose_file_was_changed_is_no_longer_judged_by_it()
    {
        var file = tomcats.Changed + "/conf/server.xml";
        var before = File.GetLastWriteTimeUtc(file);
        await File.AppendAllTextAsync(file, "<!-- changed -->");
        var findings = await tomcats.JudgeAsync(tomcats.Changed);
        Assert.Equal(Outcome.Fail, findings.Single(finding => finding.Rule.Id == "tomcat.running-config-current").Outcome);
        Assert.Equal(Outcome.Unknown, findings.Single(finding => finding.Rule.Id == "tomcat.connectors-encrypted").Outcome);
        // The time of a file is its owner's to set; that it was touched stays.
        File.SetLastWriteTimeUtc(file, before);
        findings = await tomcats.JudgeAsync(tomcats.Changed);
        Assert.Equal(Outcome.Unknown, findings.Single(finding => finding.Rule.Id == "tomcat.running-config-current").Outcome);
    }
}
