// Files that an account of the host names: the agent may read more than it, and reads for it what it may read itself.
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

sealed partial class Machine
{
    /// <summary>A file's text as far as an account may read it; null where there is no such file. In a copied tree everything is read.</summary>
    /// <exception cref="IOException">The account may not read it, or it is unreadable, not a regular file, or too long.</exception>
    public string? ReadTextFor(FileReader reader, string path, int limit = FileLimit) =>
        ReadBytesFor(reader, path, limit) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <inheritdoc cref="ReadTextFor"/>
    public byte[]? ReadBytesFor(FileReader reader, string path, int limit = FileLimit)
    {
        if (!IsLive) return ReadBytes(path, limit);
        Note(path, withContent: true);
        using var found = OpenFor(reader, path);
        if (found is null) return null;
        if (Libc.Status(found).Kind is not FileKind.Regular and var kind) throw new IOException($"{path}: is a {kind.ToString().ToLowerInvariant()}, not a regular file");
        using var handle = Libc.Open(PathTo(found), Libc.ReadOnly | Libc.NonBlocking | Libc.NoTerminal, out _) ?? throw Unreadable(path);
        return ReadRegular(handle, path, limit);
    }

    /// <summary>The names in a directory as far as an account may list it, sorted; null where there is no such directory.</summary>
    /// <exception cref="IOException">The account may not list it, or nobody can.</exception>
    public IReadOnlyList<string>? ListFor(FileReader reader, string path)
    {
        if (!IsLive) return List(path);
        Note(path, withContent: true);
        using var found = OpenFor(reader, path);
        if (found is null || Libc.Status(found).Kind != FileKind.Directory) return null;
        using var handle = Libc.Open(PathTo(found), Libc.ReadOnly | Libc.DirectoryOnly, out _) ?? throw Unreadable(path);
        return [.. Directory.EnumerateFileSystemEntries(PathTo(handle)).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// What a path leads to, not opened for reading yet. The way without links is gone component after component, each asked on its
    /// handle: whoever exchanges one in between is refused.
    /// </summary>
    SafeFileHandle? OpenFor(FileReader reader, string path)
    {
        if (Resolve(path) is not { } real) return null;
        var isBarred = false;
        var handle = Libc.OpenBeneath(rootHandle, Relative(real), Libc.PathOnly, out var error, directory => !(isBarred = !reader.MaySearch(directory)));
        if (handle is not null && reader.MayRead(Libc.Status(handle))) return handle;
        var isThere = handle is not null;
        handle?.Dispose();
        if (isThere || isBarred) throw new IOException($"{path}: the account that has it read ({reader}) may not read it, so it is not read");
        return IsAbsent(error) ? null : throw Unreadable(path);
    }

    static string PathTo(SafeFileHandle handle) => $"/proc/self/fd/{handle.DangerousGetHandle()}";
}
