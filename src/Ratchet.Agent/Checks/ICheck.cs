using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks;

/// <summary>
/// One area of the host: look, parse, judge, in that order in the file. <see cref="Sweep"/> holds the only catch around it.
/// </summary>
interface ICheck
{
    /// <summary>Every rule that this check judges. Each yields at least one finding in each run.</summary>
    IReadOnlyList<Rule> Rules { get; }

    /// <summary>Looks at the host and judges it.</summary>
    /// <exception cref="Exception">What it needs cannot be read. All its rules become unknown, with the message as the reason.</exception>
    Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel);

    /// <summary>
    /// A cheap digest of live state that no file shows (the listening sockets), asked for every 15 s: the check runs again
    /// when it differs. Null: only the files that the last run read can change the verdict.
    /// </summary>
    ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel) => ValueTask.FromResult<long?>(null);
}
