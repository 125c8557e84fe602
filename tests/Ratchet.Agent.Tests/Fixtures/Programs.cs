using System.Diagnostics;

namespace Ratchet.Agent.Tests.Fixtures;

static class Programs
{
    /// <summary>Unmounts, once nobody looks there any more: tests beside this one walk through the mounts of the host.</summary>
    public static void Unmount(string path)
    {
        for (var left = 100; ; left--, Thread.Sleep(100))
            try
            {
                Run("/bin/umount", path);
                return;
            }
            catch (InvalidOperationException) when (left > 0)
            {
                // Busy.
            }
    }

    /// <summary>Runs a program of the machine, which must succeed.</summary>
    public static void Run(string program, params string[] arguments) => Read(program, arguments);

    /// <summary>What a program of the machine prints; it must succeed.</summary>
    public static string Read(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} has failed");
    }
}
