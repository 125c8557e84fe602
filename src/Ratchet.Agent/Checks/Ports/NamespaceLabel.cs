using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>
/// What a network namespace is called in a subject. The kernel's number changes at every start, so it is the name among
/// <c>ip netns</c>, else the container, unit or program of the processes in it.
/// </summary>
static class NamespaceLabel
{
    // The members of a namespace mostly share one cgroup: a few tell who it belongs to.
    const int Members = 32;

    public static string Of(NetworkNamespace space, ProcessTable processes)
    {
        if (space.Name is not null) return "netns:" + space.Name;
        if (space.Processes.Contains(1)) return "host";
        var members = space.Processes.Take(Members).Select(processes.Describe).OfType<ProcessInfo>().ToArray();
        var owner = members.Select(member => UnitName.Container(member.ControlGroup)).OfType<string>().Min(StringComparer.Ordinal)
            ?? members.Select(member => member.Unit).OfType<string>().Where(UnitName.IsStable).Min(StringComparer.Ordinal);
        return owner ?? "netns of " + (members.Select(member => member.Executable).OfType<string>().Min(StringComparer.Ordinal) ?? "an unknown program");
    }
}
