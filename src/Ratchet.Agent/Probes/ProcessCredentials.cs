using System.Globalization;

namespace Ratchet.Agent.Probes;

/// <summary>What a process may do, from <c>/proc/PID/status</c> (proc(5)), which everybody may read.</summary>
/// <param name="Uids">Real, effective, saved and file system user.</param>
/// <param name="Groups">The four group ids and the supplementary ones.</param>
/// <param name="Capabilities">The effective set, a bit for each capability.</param>
/// <param name="InnerPid">Its number in its own pid namespace.</param>
sealed record ProcessCredentials(IReadOnlyList<uint> Uids, IReadOnlySet<uint> Groups, ulong Capabilities, int InnerPid)
{
    /// <summary>Null where the process has ended.</summary>
    /// <exception cref="FormatException">The file is not that of a process.</exception>
    public static ProcessCredentials? Read(Machine machine, int pid)
    {
        if (machine.ReadText($"/proc/{pid}/status") is not { } text) return null;
        var (uids, groups, capabilities, inner) = (Array.Empty<uint>(), new HashSet<uint>(), 0ul, pid);
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2) continue;
            if (words[0] == "Uid:") uids = [.. Numbers(words)];
            else if (words[0] is "Gid:" or "Groups:") groups.UnionWith(Numbers(words));
            else if (words[0] == "CapEff:") capabilities = ulong.Parse(words[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            else if (words[0] == "NSpid:") inner = int.Parse(words[^1], CultureInfo.InvariantCulture);
        }
        return uids.Length > 0 ? new ProcessCredentials(uids, groups, capabilities, inner) : throw new FormatException($"/proc/{pid}/status: names no user");
    }

    static IEnumerable<uint> Numbers(string[] words) => words.Skip(1).Select(word => uint.Parse(word, CultureInfo.InvariantCulture));
}
