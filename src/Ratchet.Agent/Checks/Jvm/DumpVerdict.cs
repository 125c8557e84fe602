using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>Heap dumps and crash logs where a JVM leaves them: stat alone, they are never opened.</summary>
static class DumpVerdict
{
    const string Common = "/tmp";

    public static Finding Judge(Machine machine, JavaProcess process, string subject)
    {
        var rule = JvmRules.DumpsProtected;
        if (process.IsElsewhere) return Finding.Unknown(rule, subject, "it runs in a container, or that cannot be seen (CAP_SYS_PTRACE): where it leaves heap dumps is not looked at");
        var (dumps, exposed, obstacles) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal), new List<string>());
        foreach (var directory in Directories(machine, process, obstacles))
            try
            {
                foreach (var name in machine.List(directory) ?? [])
                {
                    if (!IsDump(name) || machine.Status(Path.Combine(directory, name), follow: false) is not { Kind: FileKind.Regular } file) continue;
                    // What others leave in the common directory is theirs.
                    if (directory == Common && file.Uid != process.Info.Uid) continue;
                    dumps.Add(Path.Combine(directory, name));
                    if (Exposure(machine, directory, name, file) is { } exposure) exposed.Add($"{Path.Combine(directory, name)} {exposure}");
                }
            }
            catch (IOException e)
            {
                obstacles.Add(e.Message);
            }
        var evidence = new Evidence { { "files", dumps }, { "exposed", exposed.Count > 0 ? exposed : null } };
        if (exposed.Count > 0) return Finding.Fail(rule, subject, $"{exposed.Count} of {dumps.Count} heap dumps and crash logs can be read by others: {exposed.Min}", evidence);
        if (obstacles.Count > 0) return Finding.Unknown(rule, subject, $"not every directory where it leaves heap dumps can be looked at: {obstacles[0]}", evidence);
        return Finding.Pass(rule, subject, dumps.Count == 0 ? "it has left no heap dump and no crash log" : $"its {dumps.Count} heap dumps and crash logs can be read by their owner and group alone", evidence);
    }

    static HashSet<string> Directories(Machine machine, JavaProcess process, List<string> obstacles)
    {
        var found = new HashSet<string>();
        string? current = null;
        try
        {
            current = machine.ReadLink($"/proc/{process.Pid}/cwd");
        }
        catch (IOException)
        {
            obstacles.Add("its working directory may not be seen: CAP_SYS_PTRACE is missing");
        }
        foreach (var path in new[] { process.Flag("HeapDumpPath"), process.Flag("ErrorFile") }.OfType<string>())
            if (Path.Combine(current ?? "/", path) is var place && place is not "")
            {
                // The option names a directory or a file; both are looked at, so that neither has to be guessed.
                found.Add(place.TrimEnd('/'));
                found.Add(Path.GetDirectoryName(place.TrimEnd('/')) ?? "/");
            }
        if (current is not null) found.Add(current);
        if (process.CatalinaBase is { } tomcat) found.Add(tomcat.TrimEnd('/'));
        // A PrivateTmp lies behind a directory that root alone may enter.
        if (!machine.IsLive || machine.Status($"/proc/{process.Pid}/root{Common}")?.Inode == machine.Status(Common)?.Inode) found.Add(Common);
        found.Remove("");
        return found;
    }

    internal static bool IsDump(string name) =>
        name.EndsWith(".hprof", StringComparison.Ordinal) || name.EndsWith(".hprof.gz", StringComparison.Ordinal)
        || (name.StartsWith("hs_err_pid", StringComparison.Ordinal) && name.EndsWith(".log", StringComparison.Ordinal));

    /// <summary>Why others can read it, or null: its mode and that of every directory above, or a web application around it.</summary>
    static string? Exposure(Machine machine, string directory, string name, FileStatus file)
    {
        var path = machine.Resolve(directory) ?? directory;
        if ($"{path}/".Contains("/webapps/", StringComparison.Ordinal)) return $"({name} lies in a web application)";
        if ((file.Mode & 0b000_000_100) == 0) return null;
        for (var above = path; above is { Length: > 1 }; above = Path.GetDirectoryName(above))
            if (machine.Status(above) is { } status && (status.Mode & 0b000_000_001) == 0) return null;
        return $"(mode {file.OctalMode})";
    }
}
