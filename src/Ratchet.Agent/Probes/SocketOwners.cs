using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ratchet.Agent.Probes;

/// <summary>
/// Which processes hold which sockets, from the links <c>socket:[INODE]</c> in <c>/proc/PID/fd</c>. This is the hot path of a
/// sweep: one system call and no allocation for each descriptor.
/// </summary>
/// <remarks>
/// The first descriptors of every process are read: servers open their sockets before they take connections, and what is
/// inherited keeps its number. More is read, in growing steps, only while some socket has no holder. So every socket whose
/// holder may be looked at gets one, a process full of connections costs next to nothing, and what may be missed is a
/// second holder that has the socket behind its first 128 descriptors.
/// </remarks>
sealed class SocketOwners
{
    const int FirstDescriptors = 128;

    readonly Dictionary<ulong, int[]> holders = [];
    readonly HashSet<ulong> orphans;
    int unheld;

    SocketOwners(IEnumerable<ulong> inodes, HashSet<ulong> orphans)
    {
        this.orphans = orphans;
        foreach (var inode in inodes)
            if (inode != 0 && holders.TryAdd(inode, []) && !orphans.Contains(inode)) unheld++;
    }

    /// <summary>How many processes may not be looked at, for want of CAP_SYS_PTRACE.</summary>
    public int Hidden { get; private set; }

    /// <summary>The ids of the processes that hold the socket, ascending; empty where no process is known to.</summary>
    public IReadOnlyList<int> Of(ulong inode) => holders.GetValueOrDefault(inode, []);

    /// <summary>Looks for the holders of these sockets among these processes; one that ends meanwhile holds nothing.</summary>
    /// <param name="orphans">
    /// Sockets for which an earlier search went through every descriptor in vain (the kernel's own, those of hidden
    /// processes): they do not start another. Replaced by those of this search.
    /// </param>
    public static SocketOwners Find(Machine machine, IEnumerable<int> processes, IEnumerable<ulong> inodes, HashSet<ulong> orphans, CancellationToken cancel)
    {
        var owners = new SocketOwners(inodes, orphans);
        var unread = owners.holders.Count == 0 ? [] : processes.Select(process => (Process: process, Position: 0L)).ToList();
        for (var step = FirstDescriptors; unread.Count > 0 && (step == FirstDescriptors || owners.unheld > 0); step *= 2)
        {
            var rest = new List<(int Process, long Position)>();
            foreach (var (process, position) in unread)
            {
                cancel.ThrowIfCancellationRequested();
                if (owners.Read(machine, process, position, step) is { } end) rest.Add((process, end));
            }
            unread = rest;
        }
        orphans.Clear();
        foreach (var (inode, found) in owners.holders)
            if (found.Length == 0) orphans.Add(inode);
        return owners;
    }

    /// <returns>The position to go on from, where there is more; null at the end.</returns>
    long? Read(Machine machine, int process, long position, int limit)
    {
        try
        {
            using var directory = machine.OpenDirectory($"/proc/{process}/fd");
            if (directory is null) return null;
            if (position > 0) Libc.Seek(directory, position);
            Span<byte> entries = stackalloc byte[8192];
            Span<byte> target = stackalloc byte[64];
            while (true)
            {
                var filled = Libc.ReadEntries(directory, entries);
                if (filled < 0) return Marshal.GetLastPInvokeError() is Libc.NoEntry or Libc.NoProcess ? null : throw Libc.Failure("getdents64");
                if (filled == 0) return null;
                // struct linux_dirent64: inode (8), position of the next (8), length (2), type (1), name with a zero byte.
                for (var rest = entries[..filled]; !rest.IsEmpty; rest = rest[BinaryPrimitives.ReadUInt16LittleEndian(rest[16..])..])
                {
                    var name = rest[19..];
                    if (!char.IsAsciiDigit((char)name[0])) continue;
                    var length = Libc.ReadLink(directory, name, target);
                    if (length > 0 && Inode(target[..length]) is { } inode) Note(inode, process);
                    position = BinaryPrimitives.ReadInt64LittleEndian(rest[8..]);
                    if (--limit == 0) return position;
                }
            }
        }
        catch (IOException) when (machine.IsLive)
        {
            // Not ours and no CAP_SYS_PTRACE. A recorded host that cannot be read is an error, a live one is half seen.
            Hidden++;
            return null;
        }
    }

    void Note(ulong inode, int process)
    {
        ref var found = ref CollectionsMarshal.GetValueRefOrNullRef(holders, inode);
        if (Unsafe.IsNullRef(ref found) || (found.Length > 0 && found[^1] == process)) return;
        if (found.Length == 0 && !orphans.Contains(inode)) unheld--;
        found = [.. found, process];
    }

    /// <summary>The number of <c>socket:[4711]</c>, null for anything else.</summary>
    internal static ulong? Inode(ReadOnlySpan<byte> target)
    {
        if (!target.StartsWith("socket:["u8) || target[^1] != ']') return null;
        return Utf8Parser.TryParse(target[8..^1], out ulong inode, out var used) && used == target.Length - 9 ? inode : null;
    }
}
