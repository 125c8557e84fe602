using System.Diagnostics;

namespace Ratchet.Agent.Tests.Checks.Ports;

/// <summary>A network namespace made for one test, with loopback up, and the processes started in it; all gone after the test.</summary>
sealed class Namespace : IDisposable
{
    readonly List<Process> processes = [];

    public string Name { get; } = $"ratchet-{Guid.NewGuid():N}"[..16];

    public Namespace()
    {
        Run("ip", "netns", "add", Name);
        Run("ip", "netns", "exec", Name, "ip", "link", "set", "lo", "up");
    }

    /// <summary>Starts a program of Python 3 that opens sockets, prints a line and stays until it is ended.</summary>
    public Process Python(string script, string interpreter = "/usr/bin/python3") => Start("ip", "netns", "exec", Name, interpreter, "-c", Staying(script));

    public static void End(Process process)
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    public void Dispose()
    {
        foreach (var process in processes)
        {
            End(process);
            process.Dispose();
        }
        Run("ip", "netns", "delete", Name);
    }

    Process Start(params string[] command)
    {
        var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        processes.Add(process);
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        return process;
    }

    static string Staying(string script) => $"import os, sys, socket\n{script}\nprint('ready', flush=True)\nsys.stdin.read()\n";

    static void Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false })!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
