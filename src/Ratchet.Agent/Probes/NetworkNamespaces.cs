namespace Ratchet.Agent.Probes;

/// <summary>A network namespace other than our own, and the processes in it, ascending.</summary>
/// <param name="Link">The kernel's name for it: <c>net:[4026532281]</c>.</param>
/// <param name="Name">Its name among <c>ip netns</c>, null where it has none.</param>
sealed record NetworkNamespace(string Link, string? Name, IReadOnlyList<int> Processes);

/// <summary>
/// The network namespaces that processes are in. A namespace that is only kept by a mount (<c>ip netns add</c>) can be entered
/// but not looked into from outside: it is told by name.
/// </summary>
/// <param name="Others">All but our own.</param>
/// <param name="Empty">Names among <c>ip netns</c> in which no process is.</param>
/// <param name="Hidden">How many processes did not show where they are, for want of CAP_SYS_PTRACE.</param>
sealed record NetworkNamespaces(IReadOnlyList<NetworkNamespace> Others, IReadOnlyList<string> Empty, int Hidden)
{
    const string NamesDirectory = "/run/netns";

    public static NetworkNamespaces Find(Machine machine, IEnumerable<int> processes)
    {
        var own = LinkOf(machine, "self") ?? LinkOf(machine, "1");
        var members = new SortedDictionary<string, List<int>>(StringComparer.Ordinal);
        var hidden = 0;
        foreach (var process in processes)
            try
            {
                if (LinkOf(machine, $"{process}") is not { } link || own is null) continue;
                if (!members.TryGetValue(link, out var list)) members[link] = list = [];
                list.Add(process);
            }
            catch (IOException)
            {
                hidden++;
            }
        var names = Names(machine);
        return new NetworkNamespaces(
            [.. members.Where(group => group.Key != own).Select(group => new NetworkNamespace(group.Key, names.GetValueOrDefault(group.Key), group.Value))],
            hidden > 0 ? [] : [.. names.Where(name => name.Key != own && !members.ContainsKey(name.Key)).Select(name => name.Value)],
            hidden);
    }

    public static string? LinkOf(Machine machine, string process) => machine.ReadLink($"/proc/{process}/ns/net");

    /// <summary>The names that <c>ip netns</c> gave, by the kernel's name.</summary>
    static Dictionary<string, string> Names(Machine machine)
    {
        var names = new Dictionary<string, string>();
        foreach (var name in machine.List(NamesDirectory) ?? [])
            if (machine.Status($"{NamesDirectory}/{name}") is { Inode: not 0 } file) names.TryAdd($"net:[{file.Inode}]", name);
        return names;
    }
}
