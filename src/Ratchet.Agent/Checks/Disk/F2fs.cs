using System.Buffers.Binary;
using System.Text;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// The superblock of f2fs (linux/f2fs_fs.h), 1024 bytes into the first device: a file system may span eight devices, which no
/// mount option and no file of sysfs shows. The kernel opens the others by the paths that stand here.
/// </summary>
static class F2fs
{
    /// <summary>How much of the device is needed.</summary>
    public const int HeadSize = 4096;

    const uint Magic = 0xF2F52010;
    const int Start = 1024, DevicesAt = Start + 2201, DeviceSize = 68, PathSize = 64, DeviceLimit = 8;

    /// <summary>The paths of the devices after the first one; mostly none.</summary>
    /// <exception cref="FormatException">It is no superblock of f2fs.</exception>
    public static IReadOnlyList<string> OtherDevices(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadSize || BinaryPrimitives.ReadUInt32LittleEndian(head[Start..]) != Magic) throw new FormatException("there is no superblock of f2fs");
        var paths = new List<string>();
        for (var i = 1; i < DeviceLimit; i++)
        {
            var path = head.Slice(DevicesAt + (i * DeviceSize), PathSize);
            var end = path.IndexOf((byte)0);
            if (end == 0) break;
            paths.Add(Encoding.UTF8.GetString(end < 0 ? path : path[..end]));
        }
        return paths;
    }
}
