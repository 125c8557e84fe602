using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>
/// Who can change a key file: as sshd's StrictModes sees it, the file and each directory above it, up to the home or the
/// root, must belong to root or to the user and be writable by no group and no others.
/// </summary>
static class StrictModes
{
    /// <summary>The first thing that is too open, or null.</summary>
    public static string? Fault(Machine machine, string file, Account account)
    {
        var home = account.Home.TrimEnd('/');
        for (var path = file; ; path = Path.GetDirectoryName(path)!)
        {
            if (machine.Status(path) is { } status)
            {
                if (status.Uid != 0 && status.Uid != account.Uid) return $"{path} belongs to uid {status.Uid}";
                if (status.WritableByOthers) return $"{path} has mode {status.OctalMode}: others can write it";
            }
            if (path == home || path.Length <= 1) return null;
        }
    }
}
