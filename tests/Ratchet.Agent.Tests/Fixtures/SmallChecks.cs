using Ratchet.Agent.Checks;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A check of one rule or more that does what the test says.</summary>
sealed class SmallCheck(Func<Machine, CancellationToken, Task<IReadOnlyList<Finding>>> run, params Rule[] rules) : ICheck
{
    public IReadOnlyList<Rule> Rules => rules;

    public Func<long?> Digest { get; set; } = () => null;

    public Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel) => run(machine, cancel);

    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel) => ValueTask.FromResult(Digest());

    public static Rule NewRule(string id) => new(id, "the state is good", Severity.High, "why", "remedy", new Controls(["164.312(b)"], ["09.aa"]));

    /// <summary>Passes where /etc/state says good, fails where it says anything else, and cannot look where it is missing.</summary>
    public static SmallCheck OfFile(Rule rule) => new((machine, _) => Task.FromResult<IReadOnlyList<Finding>>(
    [
        machine.ReadText("/etc/state") switch
        {
            null => Finding.Unknown(rule, "state", "there is no /etc/state"),
            "good" => Finding.Pass(rule, "state", "it is good"),
            var other => Finding.Fail(rule, "state", $"it is {other}"),
        },
    ]), rule);
}
