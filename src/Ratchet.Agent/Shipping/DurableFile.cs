using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Shipping;

/// <summary>Files that are there whole or not at all, also after a power cut: written under another name, synced, renamed, directory synced.</summary>
static class DurableFile
{
    const string TemporarySuffix = ".tmp";
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates or replaces a file that only its owner may read, or others as <paramref name="mode"/> says (set before it has content).</summary>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode = OwnerOnly)
    {
        var temporary = path + TemporarySuffix;
        // A left-over of a crash may have other rights: CreateNew never reuses it.
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = mode };
        try
        {
            using (var file = new FileStream(temporary, options))
            {
                // The umask of a shell takes rights away that others are meant to have.
                if (mode != OwnerOnly) File.SetUnixFileMode(file.SafeFileHandle, mode);
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            Rename(temporary, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RemoveHalf(temporary);
            throw;
        }
    }

    /// <summary>Makes a directory for the owner alone, so that it survives a power cut; nothing where it stands already.</summary>
    public static void MakeDirectory(string path)
    {
        using var standing = Libc.Open(path, Libc.ReadOnly | Libc.DirectoryOnly, out var error);
        if (error != Libc.NoEntry) return;
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        SynchroniseDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Renames within a directory, replacing, and makes the new name durable.</summary>
    public static void Rename(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        SynchroniseDirectory(Path.GetDirectoryName(to)!);
    }

    /// <summary>Removes the left-overs of writes that a crash cut short.</summary>
    public static void RemoveTemporaries(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory, "*" + TemporarySuffix)) File.Delete(file);
    }

    /// <summary>On a full disk half a file takes the room that the next one needs.</summary>
    static void RemoveHalf(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A disk that lets nothing be written may let nothing be removed; the next start removes it.
        }
    }

    public static void SynchroniseDirectory(string path)
    {
        using var handle = Libc.Open(path, Libc.ReadOnly | Libc.DirectoryOnly, out _) ?? throw Libc.Failure(path);
        Libc.Synchronise(handle);
    }
}
