// Tests that need a real part of the machine say so here; where it is missing they are skipped with the reason, never passed.
namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A test that runs as root: it mounts, changes owners, or listens in a network namespace.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsRootFactAttribute : FactAttribute
{
    public NeedsRootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root";
    }
}

/// <inheritdoc cref="NeedsRootFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsRootTheoryAttribute : TheoryAttribute
{
    public NeedsRootTheoryAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root";
    }
}

/// <summary>A test that starts the agent as a user without rights, which has to reach its program.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsUnprivilegedFactAttribute : FactAttribute
{
    public NeedsUnprivilegedFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root";
        else if (!File.Exists("/usr/bin/setpriv")) Skip = "needs setpriv (util-linux)";
        else if (!AgentProcess.CanStartAs("65534")) Skip = "needs a checkout that other users can read";
    }
}

/// <summary>A test that runs a program of the machine.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsProgramFactAttribute : FactAttribute
{
    public NeedsProgramFactAttribute(string program)
    {
        if (!File.Exists(program)) Skip = $"needs {program}";
    }
}

/// <inheritdoc cref="NeedsProgramFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsProgramTheoryAttribute : TheoryAttribute
{
    public NeedsProgramTheoryAttribute(string program)
    {
        if (!File.Exists(program)) Skip = $"needs {program}";
    }
}

/// <summary>A test that listens on ::1.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsIPv6FactAttribute : FactAttribute
{
    public NeedsIPv6FactAttribute()
    {
        if (!File.Exists("/proc/net/if_inet6") || new FileInfo("/proc/net/if_inet6").OpenText().ReadToEnd().Length == 0) Skip = "needs IPv6 on loopback";
    }
}
