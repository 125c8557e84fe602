namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A file system in memory that is soon full.</summary>
sealed class SmallDisk : IDisposable
{
    public SmallDisk(Folder folder, int kilobytes)
    {
        Path = folder["disk"];
        Directory.CreateDirectory(Path);
        Programs.Run("/bin/mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", Path);
    }

    public string Path { get; }

    /// <summary>Takes the last byte that is free.</summary>
    public void Fill()
    {
        using var file = new FileStream(System.IO.Path.Combine(Path, "filler"), FileMode.Append);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(System.IO.Path.Combine(Path, "filler"));

    public void Remount(string option) => Programs.Run("/bin/mount", "-o", $"remount,{option}", Path);

    public void Dispose() => Programs.Unmount(Path);
}
