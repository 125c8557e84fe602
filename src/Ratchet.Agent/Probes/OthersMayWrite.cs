namespace Ratchet.Agent.Probes;

/// <summary>Whether a program may be run by the agent: only where nobody but root could have written it or exchanged it.</summary>
static class OthersMayWrite
{
    /// <summary>The path, or the directory above it, that others than root can write; null where there is none.</summary>
    public static string? Find(Machine machine, string path)
    {
        for (var part = path; part is not null; part = Path.GetDirectoryName(part))
            if (machine.Status(part) is { } status && !IsRootsAlone(status))
                return part;
        return null;
    }

    /// <summary>In a sticky directory (/tmp) nobody can exchange what is another's.</summary>
    public static bool IsRootsAlone(FileStatus status) =>
        status.Uid == 0 && (!status.WritableByOthers || (status.Kind == FileKind.Directory && (status.Mode & 0b001_000_000_000) != 0));
}
