using System.Text.RegularExpressions;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Checks;

/// <summary>
/// The catalogue as a whole. rule-ids.txt holds every id that ever landed; one that is gone stays there with a leading minus, so
/// that nobody gives it a new meaning.
/// </summary>
public sealed partial class CatalogueTests
{
    static IReadOnlyList<Rule> Rules { get; } = [.. Program.NewChecks(new Settings()).SelectMany(check => check.Rules)];

    [Fact]
    public void Every_id_is_unique_and_has_the_form_area_name()
    {
        Assert.NotEmpty(Rules);
        Assert.Equal(Rules.Count, Rules.Select(rule => rule.Id).Distinct().Count());
        Assert.All(Rules, rule => Assert.Matches(IdForm, rule.Id));
    }

    [Fact]
    public void Every_rule_says_why_what_to_do_and_what_it_proves() => Assert.All(Rules, rule =>
    {
        Assert.False(rule.Title.EndsWith('.'), rule.Id);
        Assert.True(rule.Why.EndsWith('.') && rule.Remedy.EndsWith('.'), rule.Id);
        Assert.True(rule.Controls.Hipaa.Count > 0 && rule.Controls.Hitrust.Count > 0, rule.Id);
        Assert.True(Enum.IsDefined(rule.Severity), rule.Id);
    });

    [Fact]
    public void No_area_belongs_to_two_checks()
    {
        var areas = Program.NewChecks(new Settings()).SelectMany(check => check.Rules.Select(rule => rule.Area).Distinct()).ToList();
        Assert.Equal(areas.Distinct(), areas);
    }

    [Fact]
    public void No_id_is_ever_reused()
    {
        var file = Path.Combine(Repository.Root, "tests/Ratchet.Agent.Tests/rule-ids.txt");
        var listed = File.ReadAllLines(file).Where(line => line.Length > 0 && line[0] != '#').ToList();
        var gone = listed.Where(line => line[0] == '-').Select(line => line[1..]).ToList();
        var ids = Rules.Select(rule => rule.Id).ToList();

        Assert.Equal(listed.Distinct(), listed);
        Assert.True(!ids.Except(listed).Any(), $"add new ids to {file}: {string.Join(", ", ids.Except(listed))}");
        Assert.True(!listed.Where(line => line[0] != '-').Except(ids).Any(), $"mark with a leading minus: {string.Join(", ", listed.Where(line => line[0] != '-').Except(ids))}");
        Assert.Empty(gone.Intersect(ids));
    }

    [GeneratedRegex("^[a-z]+\\.[a-z]+(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IdForm { get; }
}
