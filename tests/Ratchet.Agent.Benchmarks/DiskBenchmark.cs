using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using static Ratchet.Agent.Benchmarks.CpuTime;

namespace Ratchet.Agent.Benchmarks;

/// <summary>
/// The CPU time of the disk check beside that of <c>lsblk -J</c>, over 200 loop devices with a file system each and 500 mounts.
/// Runs in namespaces of its own, where it is process 1, whose mounts the check looks at; needs root, and removes the loop devices that it made.
/// </summary>
static partial class DiskBenchmark
{
    const int Devices = 200, Mounts = 500;

    // As in the service: one check, kept from sweep to sweep.
    static readonly DiskCheck Disk = new(new Settings());

    public static int Start()
    {
        var before = Loops();
        try
        {
            using var process = Process.Start("unshare", ["--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc", "--kill-child", "--", Environment.ProcessPath!, "disk-inside"]);
            process.WaitForExit();
            return process.ExitCode;
        }
        finally
        {
            RemoveLoops(Loops().Except(before));
        }
    }

    public static int Measure()
    {
        var folder = Directory.CreateTempSubdirectory("ratchet-disk-").FullName;
        try
        {
            Run("mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", folder);
            MountAll(folder);
            var machine = new Machine("/", Command.RunAsync);
            var findings = Disk.RunAsync(machine, CancellationToken.None).GetAwaiter().GetResult();
            Console.WriteLine($"disk: {MountTable.Read(machine).All.Count} mounts, {Directory.GetFileSystemEntries("/sys/dev/block").Length} block devices, {findings.Count} findings");
            var check = new Func<double>(() => OwnTime(() => Disk.RunAsync(machine, CancellationToken.None).GetAwaiter().GetResult()));
            for (var i = 0; i < 30; i++) check();
            Compare("disk-500-mounts-200-devices", "ours", Median(check), "lsblk -J", Median(() => Run("lsblk", "-J")));
            Console.WriteLine($"disk-500-mounts-digest: ours {Median(() => OwnTime(() => Disk.DigestAsync(machine, CancellationToken.None).AsTask().GetAwaiter().GetResult())):0.0} ms CPU");
            return 0;
        }
        finally
        {
            Run("umount", "--recursive", "--lazy", folder);
            Directory.Delete(folder);
        }
    }

    static void MountAll(string folder)
    {
        var image = Path.Combine(folder, "image");
        Run("truncate", "-s", "1M", image);
        Run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", image);
        for (var i = 0; i < Devices; i++)
        {
            File.Copy(image, $"{image}{i}");
            Directory.CreateDirectory($"{folder}/d{i}");
            Run("mount", "-o", "loop", $"{image}{i}", $"{folder}/d{i}");
        }
        for (var i = 0; i < Mounts - Devices; i++)
        {
            Directory.CreateDirectory($"{folder}/m{i}");
            Run("mount", "--bind", $"{folder}/d{i % Devices}", $"{folder}/m{i}");
        }
    }

    static string[] Loops() => [.. Directory.GetFileSystemEntries("/sys/block", "loop*").Select(path => Path.GetFileName(path))];

    /// <summary>LOOP_CTL_REMOVE. A device that another one took meanwhile is busy, and stays.</summary>
    static void RemoveLoops(IEnumerable<string> names)
    {
        const nuint remove = 0x4C81;
        using var control = File.OpenHandle("/dev/loop-control", FileMode.Open, FileAccess.ReadWrite);
        foreach (var name in names) ioctl(control, remove, int.Parse(name[4..]));
    }

    [LibraryImport("libc")]
    private static partial int ioctl(SafeFileHandle file, nuint request, nint argument);
}
