using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>A service that still runs code of files that were removed or replaced since it was started.</summary>
/// <param name="Unit"><c>ssh.service</c>.</param>
/// <param name="Files">The files, sorted.</param>
sealed record StaleService(string Unit, IReadOnlyList<string> Files);

/// <summary>
/// Which services run replaced libraries or programs, by /proc/PID/maps (proc(5)): a mapping of code whose file was unlinked is marked.
/// A process is looked at again only when dpkg has changed something since: nothing else replaces libraries on these hosts.
/// </summary>
sealed class StaleLibraries
{
    const string Mark = " (deleted)";
    static readonly string[] Places = ["/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/opt/"];
    static readonly TimeSpan Settled = TimeSpan.FromMinutes(1), Forget = TimeSpan.FromHours(1);

    readonly Lock guard = new();
    readonly Dictionary<int, (int Stamp, string? Unit, string[] Files)> known = [];
    (int Dpkg, DateTimeOffset At) looked;

    /// <summary>The services, and how many processes of services may not be looked at.</summary>
    public (IReadOnlyList<StaleService> Services, int Hidden) Look(Machine machine, CancellationToken cancel)
    {
        lock (guard)
        {
            var (processes, quiet) = (new ProcessTable(machine), machine.Unwatched());
            var ids = processes.Ids();
            if (!ids.Contains(1)) throw new IOException(ids.Count == 0 ? "no process can be seen here: /proc is empty" : "process 1 cannot be seen, and so others may be hidden too (hidepid)");
            var dpkg = quiet.Stamp("/var/lib/dpkg/status");
            if (dpkg != looked.Dpkg || machine.Now - looked.At > Forget) Restart(dpkg, machine.Now);
            foreach (var gone in known.Keys.Except(ids).ToArray()) known.Remove(gone);
            var (found, hidden) = (new List<(string Unit, string[] Files)>(), 0);
            foreach (var id in ids)
            {
                cancel.ThrowIfCancellationRequested();
                try
                {
                    if (Of(quiet, processes, id) is ({ } unit, { Length: > 0 } files)) found.Add((unit, files));
                }
                catch (IOException)
                {
                    // Another user's, and CAP_SYS_PTRACE is missing.
                    hidden++;
                }
            }
            return ([.. found.GroupBy(process => process.Unit).OrderBy(unit => unit.Key, StringComparer.Ordinal).Select(unit => new StaleService(unit.Key, [.. unit.SelectMany(process => process.Files).Distinct().Order(StringComparer.Ordinal)]))], hidden);
        }
    }

    void Restart(int dpkg, DateTimeOffset now)
    {
        known.Clear();
        looked = (dpkg, now);
    }

    (string? Unit, string[] Files) Of(Machine machine, ProcessTable processes, int id)
    {
        // Another program under the same number, or the same process after exec, has another stamp.
        var stamp = HashCode.Combine(machine.Stamp($"/proc/{id}"), machine.Stamp($"/proc/{id}/exe"));
        if (known.TryGetValue(id, out var last) && last.Stamp == stamp) return (last.Unit, last.Files);
        var unit = processes.Describe(id)?.Unit is { } name && name.EndsWith(".service", StringComparison.Ordinal) ? name : null;
        // Scopes are containers and sessions: their files are another system's, or end with whoever logged in.
        var files = unit is null ? [] : Deleted(machine, id);
        // What has just been started is still loading.
        if (processes.Started(id) < machine.Now - Settled) known[id] = (stamp, unit, files);
        return (unit, files);
    }

    static string[] Deleted(Machine machine, int id)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        ProcLines.Read(machine, $"/proc/{id}/maps", line =>
        {
            if (Deleted(line) is { } path) found.Add(path);
            return true;
        });
        return [.. found];
    }

    /// <summary>The path of code that is mapped and whose file is gone: <c>7f00-7f10 r-xp 00000000 08:01 4711   /usr/lib/x.so (deleted)</c>.</summary>
    internal static string? Deleted(ReadOnlySpan<byte> line)
    {
        if (!line.EndsWith(" (deleted)"u8) || line.IndexOf((byte)' ') is not (> 0 and var space) || line.Length < space + 5 || line[space + 3] != 'x') return null;
        var path = Encoding.UTF8.GetString(line[Math.Max(line.IndexOf((byte)'/'), 0)..])[..^Mark.Length];
        // Not what programs write at run time and map: /tmp, /dev/shm, /memfd:, /SYSV.
        return Places.Any(place => path.StartsWith(place, StringComparison.Ordinal)) ? path : null;
    }
}
