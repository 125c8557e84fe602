using System.Runtime.InteropServices;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>
/// A file system that never answers, as that of a server that has gone away: FUSE without a program behind it. Whoever looks at it
/// hangs, until it is disposed of: then he gets an error.
/// </summary>
sealed class SilentMount : IDisposable
{
    const int ReadWrite = 2, CloseOnExec = 0x80000, Detach = 2;

    readonly string path;
    int device;

    /// <param name="path">An existing directory.</param>
    public SilentMount(string path)
    {
        this.path = path;
        device = open("/dev/fuse", ReadWrite | CloseOnExec);
        if (device < 0 || mount("silent", path, "fuse", 0, $"fd={device},rootmode=40000,user_id=0,group_id=0") != 0)
            throw new InvalidOperationException($"mount of FUSE: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>The server is gone for good: everybody who waits gets an error.</summary>
    public void End()
    {
        if (device >= 0) _ = close(device);
        device = -1;
    }

    public void Dispose()
    {
        End();
        _ = umount2(path, Detach);
    }

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    static extern int open(string path, int flags);

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    static extern int mount(string source, string target, string type, ulong flags, string data);

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    static extern int umount2(string target, int flags);

    [DllImport("libc", SetLastError = true)]
    static extern int close(int file);
}
