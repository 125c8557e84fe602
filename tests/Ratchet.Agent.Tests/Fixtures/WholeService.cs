namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>
/// Tests that run the whole service judge this very machine. They run when no other test does: others freeze servers, fill disks and
/// leave listeners silent, and a sweep that meets them waits for its time limit.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeService
{
    public const string Name = "whole service";
}
