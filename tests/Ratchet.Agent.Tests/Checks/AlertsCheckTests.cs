using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks;

public sealed class AlertsCheckTests : IDisposable
{
    static readonly Rule[] Rules = [.. ((string[])["sshd.a", "ports.a", "alerts.none-blind"]).Select(SmallCheck.NewRule)];

    readonly Folder folder = new();
    readonly HandClock clock = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Where_the_service_has_never_judged_neither_rule_applies() =>
        Assert.All(await RunAsync(), finding => Assert.Equal((Outcome.NotApplicable, "verdicts"), (finding.Outcome, finding.Subject)));

    [Fact]
    public async Task A_memory_that_cannot_be_read_is_no_verdict()
    {
        folder.Write("state/verdicts.json", "{");
        Assert.Contains("damaged", (await Assert.ThrowsAsync<FormatException>(RunAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_area_is_blind_when_a_verdict_on_it_has_been_unknown_for_the_limit()
    {
        Assert.Equal(["ports Pass", "sshd Pass", "verdicts Pass"], Judge(Known("sshd.a", "unknown", minutes: 59), Known("ports.a", "failed", minutes: 600)));
        Assert.Equal(["ports Pass", "sshd Fail", "verdicts Pass"], Judge(Known("sshd.a", "unknown", minutes: 60), Known("ports.a", "failed", minutes: 600)));
    }

    [Fact]
    public void The_rules_on_alerts_are_never_blind() => Assert.Equal(["verdicts NotApplicable", "verdicts Pass"], Judge(Known("alerts.none-blind", "unknown", minutes: 600)));

    [Theory]
    [InlineData(true, true, true, Outcome.Fail)]
    [InlineData(false, true, true, Outcome.Pass)]
    [InlineData(true, false, true, Outcome.Pass)]
    [InlineData(true, true, false, Outcome.Pass)]
    internal void What_is_inherited_open_and_still_bad_is_a_failure(bool isBad, bool isOpen, bool isInherited, Outcome expected)
    {
        var alert = new KnownAlert(isBad, clock.Now, 1, isOpen, isInherited, 1, 0, clock.Now, clock.Now);
        Assert.Equal(["sshd Pass", $"verdicts {expected}"], Judge(Known("sshd.a", "failed", minutes: 1) with { Alert = alert }));
    }

    [Fact]
    public void What_is_remembered_of_a_rule_that_there_is_not_is_neither_blind_nor_inherited()
    {
        var inherited = new KnownAlert(IsBad: true, clock.Now, 1, IsOpen: true, IsInherited: true, 1, 0, clock.Now, clock.Now);
        Assert.Equal(["sshd Pass", "verdicts Pass"], Judge(Known("sshd.a", "passed", minutes: 1), Known("sshd.gone", "unknown", minutes: 600), Known("gone.a", "failed", minutes: 1) with { Alert = inherited }));
    }

    [Fact]
    public void A_memory_is_read_as_it_was_written()
    {
        var memory = Memory(Known("sshd.a", "failed", 1) with { Alert = new KnownAlert(true, clock.Now, 1, true, false, 1, 0, clock.Now, default) }, Known("sshd.b", "passed", 2));
        var read = VerdictMemory.Parse(memory.Render());
        Assert.Equal(memory.Verdicts, read.Verdicts);
        Assert.Equal(Encoding.UTF8.GetString(memory.Render()), Encoding.UTF8.GetString(read.Render()));
    }

    IEnumerable<string> Judge(params KnownVerdict[] verdicts) => new AlertsCheck(new Settings(), Rules).Judge(Memory(verdicts), clock.Now).Select(finding => $"{finding.Subject} {finding.Outcome}");

    VerdictMemory Memory(params KnownVerdict[] verdicts) => new(VerdictMemory.CurrentForm, clock.Now, "there were no verdicts of before", ["sshd.a"], verdicts);

    KnownVerdict Known(string rule, string evaluation, int minutes) => new(rule, "s", evaluation, clock.Now.AddMinutes(-minutes), null);

    Task<IReadOnlyList<Finding>> RunAsync() =>
        new AlertsCheck(new Settings { State = folder["state"] }, Rules).RunAsync(new Machine("/", (_, _, _) => throw new CommandException("none"), clock), default);
}
