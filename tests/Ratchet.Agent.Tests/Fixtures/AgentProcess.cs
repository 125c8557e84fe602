using System.Diagnostics;
using System.Text;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>What a verb of the command line answered.</summary>
sealed record VerbResult(int ExitCode, string Output, string Error);

/// <summary>The agent as a process of its own: the program that AGENT_UNDER_TEST names, else the one beside the tests.</summary>
sealed class AgentProcess : IDisposable
{
    const int Hangup = 1, Terminate = 15;

    readonly Process process;
    readonly StringBuilder error = new();

    AgentProcess(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) => { lock (error) error.AppendLine(line.Data); };
        process.Start();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
    }

    public string Error
    {
        get { lock (error) return error.ToString(); }
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>How the agent is started: the program, and what stands before its arguments.</summary>
    public static string[] Words => Environment.GetEnvironmentVariable("AGENT_UNDER_TEST") is { } binary ? [binary] : ["dotnet", Beside("ratchet-agent.dll")];

    public static AgentProcess Start(IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment) =>
        StartIn(Environment.CurrentDirectory, arguments, environment);

    /// <summary>The same in another working directory.</summary>
    public static AgentProcess StartIn(string directory, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment) =>
        Start(directory, [.. Words, .. arguments], environment);

    /// <summary>The same as another user, given as a number, without any rights.</summary>
    public static AgentProcess StartAs(string user, IEnumerable<string> arguments) => Start("/", [.. As(user), .. arguments], []);

    public static bool CanStartAs(string user)
    {
        using var agent = Start("/", [.. As(user), "--version"], []);
        return agent.process.WaitForExit(TimeSpan.FromSeconds(30)) && agent.process.ExitCode == 0;
    }

    static string[] As(string user) => ["/usr/bin/setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", .. Words];

    static AgentProcess Start(string directory, string[] words, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(words[0], words[1..]) { WorkingDirectory = directory };
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("RATCHET_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new AgentProcess(new Process { StartInfo = start });
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<VerbResult> RunAsync(params string[] arguments)
    {
        using var agent = Start(arguments);
        var output = await agent.process.StandardOutput.ReadToEndAsync();
        await agent.EndAsync();
        return new VerbResult(agent.process.ExitCode, output, agent.Error);
    }

    /// <summary>Waits for its end; returns the exit code.</summary>
    public async Task<int> WaitAsync()
    {
        await EndAsync();
        return process.ExitCode;
    }

    /// <summary>SIGHUP.</summary>
    public void Reload() => _ = kill(process.Id, Hangup);

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        _ = kill(process.Id, Terminate);
        await EndAsync();
        return process.ExitCode;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(limit.Token);
    }

    static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, file);

    [System.Runtime.InteropServices.DllImport("libc")]
    static extern int kill(int pid, int signal);
}
