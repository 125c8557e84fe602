using Ratchet.Agent.Cli;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Hosts;

public sealed class ReadmeTests
{
    const string Start = "<!-- rules: written by UPDATE_GOLDEN=1 tests/run -->\n";
    const string End = "<!-- end of rules -->";

    [Fact]
    public void The_table_of_rules_is_that_of_the_rules()
    {
        var file = Path.Combine(Repository.Root, "docs/rules.md");
        var text = File.ReadAllText(file);
        var (from, to) = (text.IndexOf(Start, StringComparison.Ordinal) + Start.Length, text.IndexOf(End, StringComparison.Ordinal));
        var table = RulesVerb.Markdown(new Setup(Program.NewChecks).Rules);
        Repository.AssertGolden(file, text[..from] + table + text[to..]);
    }

    [Fact]
    public void The_configuration_in_the_README_is_accepted()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var from = text.IndexOf("```jsonc\n", StringComparison.Ordinal) + "```jsonc\n".Length;
        var file = Path.Combine(Directory.CreateTempSubdirectory("ratchet-test-").FullName, "agent.json");
        File.WriteAllText(file, text[from..text.IndexOf("```", from, StringComparison.Ordinal)]);
        var settings = SettingsFile.Load(file, new Dictionary<string, string>()).Settings;
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        Assert.Equal("web01.internal", settings.Host);
        Assert.Equal(9999, Assert.Single(settings.Ports.Exceptions).Port.First);
    }
}
