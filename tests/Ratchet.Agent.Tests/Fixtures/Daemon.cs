using System.Diagnostics;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A process that a test started, with all that it started; gone after the test. What it says is kept.</summary>
sealed class Daemon : IDisposable
{
    readonly Process process;
    readonly List<string> lines = [];

    public Daemon(ProcessStartInfo start)
    {
        process = Process.Start(start)!;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Said
    {
        get { lock (lines) return string.Join('\n', lines); }
    }

    public int Id => process.Id;

    public bool IsRunning => !process.HasExited;

    void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { } text)
            lock (lines) lines.Add(text);
    }

    public void Dispose()
    {
        if (IsRunning) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }
}
