using System.Diagnostics;

namespace Ratchet.Agent.Tests.Fixtures;

static class Programs
{
    /// <summary>Runs a program of the machine, which must succeed.</summary>
    public static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} has failed");
    }
}
