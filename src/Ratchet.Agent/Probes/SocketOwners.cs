using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

/// <summary>
/// Which processes hold which sockets, from the links <c>socket:[INODE]</c> in <c>/proc/PID/fd</c>. This is the hot path of a
/// sweep: one system call and no allocation for each descriptor.
/// </summary>
/// <remarks>
/// The first 16 descriptors of every process are read, and more, in growing steps, only while some socket has no holder:
/// servers open their sockets before they take connections. What a child inherits keeps its number, so where a holder has
/// the socket, everybody else's descriptor of that number is looked at too. So every socket whose holder may be looked at
/// gets one, a process full of connections costs next to nothing, and what may be missed is a second holder that was handed
/// the socket under another, high number.
/// </remarks>
sealed class SocketOwners
{
    const int FirstDescriptors = 16;

    readonly Dictionary<ulong, int[]> holders = [];
    readonly HashSet<ulong> orphans;
    readonly SortedSet<int> numbers = [];
    int unheld;

    SocketOwners(IEnumerable<ulong> inodes, HashSet<ulong> orphans)
    {
        this.orphans = orphans;
        foreach (var inode in inodes)
            if (inode != 0 && holders.TryAdd(inode, []) && !orphans.Contains(inode)) unheld++;
    }

    /// <summary>How many processes may not be looked at, for want of CAP_SYS_PTRACE or CAP_DAC_READ_SEARCH.</summary>
    public int Hidden { get; private set; }

    /// <summary>The ids of the processes that hold the socket; empty where no process is known to.</summary>
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
        foreach (var (process, _) in unread) owners.Probe(machine, process);
        orphans.Clear();
        foreach (var (inode, found) in owners.holders)
            if (found.Length == 0) orphans.Add(inode);
        return owners;
    }

    /// <returns>The position to go on from, where there is more; null at the end.</returns>
    long? Read(Machine machine, int process, long position, int limit)
    {
        using var directory = Open(machine, process);
        if (directory is null) return null;
        if (position > 0) Libc.Seek(directory, position);
        // An entry with a short name has 24 or 32 bytes. The kernel prepares as many as fit: no more than are wanted.
        Span<byte> entries = stackalloc byte[Math.Min(limit, 256) * 32];
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
                if (length < 0 && Marshal.GetLastPInvokeError() is Libc.Access)
                {
                    // Not ours, and no CAP_SYS_PTRACE: the descriptors may be counted, and none may be followed.
                    Hidden++;
                    return null;
                }
                if (length > 0 && Inode(target[..length]) is { } inode && Note(inode, process)) AddNumber(name);
                position = BinaryPrimitives.ReadInt64LittleEndian(rest[8..]);
                if (--limit == 0) return position;
            }
        }
    }

    /// <summary>Null where the process has ended or is hidden. A recorded host that cannot be read is an error, a live one is half seen.</summary>
    SafeFileHandle? Open(Machine machine, int process)
    {
        try
        {
            return machine.OpenDirectory($"/proc/{process}/fd");
        }
        catch (IOException) when (machine.IsLive)
        {
            // Not ours, and no CAP_DAC_READ_SEARCH.
            Hidden++;
            return null;
        }
    }

    /// <summary>Looks at the descriptors of one process whose numbers are those of holders elsewhere.</summary>
    void Probe(Machine machine, int process)
    {
        using var directory = Open(machine, process);
        if (directory is null) return;
        Span<byte> name = stackalloc byte[16];
        Span<byte> target = stackalloc byte[64];
        foreach (var number in numbers)
        {
            Utf8Formatter.TryFormat(number, name, out var digits);
            name[digits] = 0;
            var length = Libc.ReadLink(directory, name, target);
            if (length > 0 && Inode(target[..length]) is { } inode) Note(inode, process);
        }
    }

    void AddNumber(ReadOnlySpan<byte> name)
    {
        if (Utf8Parser.TryParse(name, out int number, out _)) numbers.Add(number);
    }

    /// <returns>Whether it is one of the sockets that are looked for.</returns>
    bool Note(ulong inode, int process)
    {
        ref var found = ref CollectionsMarshal.GetValueRefOrNullRef(holders, inode);
        if (Unsafe.IsNullRef(ref found)) return false;
        if (found.Length == 0 && !orphans.Contains(inode)) unheld--;
        if (!found.Contains(process)) found = [.. found, process];
        return true;
    }

    /// <summary>The number of <c>socket:[4711]</c>, null for anything else.</summary>
    internal static ulong? Inode(ReadOnlySpan<byte> target)
    {
        if (!target.StartsWith("socket:["u8) || target[^1] != ']') return null;
        return Utf8Parser.TryParse(target[8..^1], out ulong inode, out var used) && used == target.Length - 9 ? inode : null;
    }
}
