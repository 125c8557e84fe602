using System.Buffers.Binary;
using System.Diagnostics;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>
/// A disk that remembers in which order it was written to and flushed: an image with ext4 behind qemu-storage-daemon, whose driver
/// blklogwrites keeps each request in the format of dm-log-writes, and which shows it as a file through FUSE, for a loop device.
/// </summary>
sealed class RecordingDisk : IDisposable
{
    const int SectorSize = 512, FlushFlag = 1, DiscardFlag = 4;

    readonly string log;
    readonly byte[] empty;
    readonly Process daemon;

    public RecordingDisk(Folder folder, int megabytes)
    {
        var image = folder["recorded.img"];
        using (var file = File.Create(image)) file.SetLength(megabytes << 20);
        // What mkfs leaves for later, the kernel would write in between.
        Programs.Run("/usr/sbin/mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", image);
        empty = File.ReadAllBytes(image);
        log = folder.Write("recorded.log", "");
        Path = folder.Write("recorded.disk", "");
        daemon = Process.Start("/usr/bin/qemu-storage-daemon", [
            "--blockdev", $"file,node-name=image,filename={image}", "--blockdev", $"file,node-name=log,filename={log}",
            "--blockdev", $"blklogwrites,node-name=disk,file=image,log=log,log-sector-size={SectorSize}",
            "--export", $"fuse,id=disk,node-name=disk,mountpoint={Path},writable=on"]);
        while (new FileInfo(Path).Length != megabytes << 20)
        {
            if (daemon.WaitForExit(20)) throw new InvalidOperationException("qemu-storage-daemon has failed");
        }
    }

    /// <summary>The disk, to be mounted through a loop device.</summary>
    public string Path { get; }

    /// <summary>How much is recorded up to now; what is done is recorded.</summary>
    public long Now => new FileInfo(log).Length;

    /// <summary>The disk without any of the writes.</summary>
    public byte[] Empty() => [.. empty];

    /// <summary>All requests in their order, each with the value of <see cref="Now"/> after it.</summary>
    public List<(BlockRequest Request, long Now)> Requests()
    {
        var bytes = File.ReadAllBytes(log);
        var requests = new List<(BlockRequest, long)>();
        // A superblock of one sector, then for each request a sector that describes it, and its data.
        for (var place = SectorSize; place + SectorSize <= bytes.Length;)
        {
            var (sector, count, flags) = (Field(0), Field(1), Field(2));
            place += SectorSize;
            var data = bytes.AsMemory(place, (flags & DiscardFlag) == 0 ? (int)count * SectorSize : 0);
            place += data.Length;
            requests.Add((new BlockRequest((int)sector * SectorSize, data, (flags & FlushFlag) != 0), place));

            long Field(int number) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(place + (number * sizeof(long))));
        }
        return requests;
    }

    public void Dispose()
    {
        // Without its server the mount would hang whoever looks at it.
        Programs.Unmount(Path);
        if (!daemon.WaitForExit(TimeSpan.FromSeconds(1))) daemon.Kill();
        daemon.WaitForExit();
        daemon.Dispose();
    }
}

/// <summary>What a file system asks of a disk.</summary>
/// <param name="Place">Byte of the disk at which the data begins.</param>
/// <param name="IsFlush">All that was written before has to be kept from now on.</param>
sealed record BlockRequest(int Place, ReadOnlyMemory<byte> Data, bool IsFlush)
{
    public void ApplyTo(byte[] disk) => Data.CopyTo(disk.AsMemory(Place));
}
