// Reading in the place of an account: who names a file to the agent gets nothing read that is closed to himself.
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

sealed partial class Machine
{
    readonly Reader? reader;

    /// <summary>
    /// The same machine, where files are read and directories listed as far as an account may do so itself. For paths that the
    /// account chooses, in options, in configuration or by links.
    /// </summary>
    public Machine ReadingAs(Reader account) => new(this, trace, null, position, account);

    /// <summary>Asks of the file that was opened: between a question by path and the opening, a link may be laid.</summary>
    /// <exception cref="IOException">It is closed to the account.</exception>
    void Admit(SafeFileHandle handle, string path)
    {
        if (reader is null || MayReach(handle, path)) return;
        handle.Dispose();
        throw new IOException($"{path}: is not read, because {reader.Name} may not read it");
    }

    bool MayReach(SafeFileHandle handle, string path)
    {
        var real = PathInRoot(handle);
        // By a path of /proc a file of another mount namespace can be opened: the directories above it are not those of this host.
        if (!IsSame(handle, real)) return false;
        var status = recorded?.GetValueOrDefault(path) ?? recorded?.GetValueOrDefault(real) ?? Libc.Status(handle);
        if (!reader!.MayRead(status)) return false;
        for (var above = Path.GetDirectoryName(real); above is not null; above = Path.GetDirectoryName(above))
            if (Status(above) is not { } directory || !reader.MayEnter(directory)) return false;
        return true;
    }

    bool IsSame(SafeFileHandle handle, string path)
    {
        using var again = Open(path, Libc.PathOnly | Libc.NoFollow);
        if (again is null) return false;
        var (first, second) = (Libc.Status(handle), Libc.Status(again));
        return first.Inode == second.Inode && first.Changed == second.Changed;
    }
}
