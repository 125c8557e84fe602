using System.Diagnostics;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A file system in memory that is soon full.</summary>
sealed class SmallDisk : IDisposable
{
    public SmallDisk(Folder folder, int kilobytes)
    {
        Path = folder["disk"];
        Directory.CreateDirectory(Path);
        Run("/bin/mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", Path);
    }

    public string Path { get; }

    public void Dispose() => Run("/bin/umount", Path);

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} has failed");
    }
}
