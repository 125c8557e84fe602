using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Ratchet.Agent.Probes;

/// <summary>What a command answered. <paramref name="Output"/> and <paramref name="Error"/> are UTF-8 text, broken bytes replaced.</summary>
sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>Runs a program with exactly these arguments.</summary>
/// <exception cref="CommandException">It cannot be started, takes too long or prints too much.</exception>
delegate Task<CommandResult> RunCommand(string program, IReadOnlyList<string> arguments, CancellationToken cancel);

/// <summary>A command that gave no answer. An exit code other than 0 is an answer.</summary>
sealed class CommandException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>Runs commands on this host: no shell, C locale, fixed PATH, nothing on standard input, limits on time and output.</summary>
static class Command
{
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Most bytes that a command may print on either stream.</summary>
    public const int OutputLimit = 8 << 20;

    public static Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancel) => RunAsync(program, arguments, TimeLimit, cancel);

    public static async Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, TimeSpan timeLimit, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["LC_ALL"] = "C";
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        using var process = new Process { StartInfo = start };
        try
        {
#pragma warning disable RS0030 // This is the place that the ban points to.
            process.Start();
#pragma warning restore RS0030
        }
        catch (Win32Exception e)
        {
            throw new CommandException($"{program}: cannot be started: {e.Message}", e);
        }
        return await FinishAsync(process, program, timeLimit, cancel);
    }

    static async Task<CommandResult> FinishAsync(Process process, string program, TimeSpan timeLimit, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeLimit);
        try
        {
            process.StandardInput.Close();
            var output = DrainAsync(process.StandardOutput.BaseStream, program, limit.Token);
            var error = DrainAsync(process.StandardError.BaseStream, program, limit.Token);
            // The first that fails ends the wait: a stream that is full ends the program at once, not at the time limit.
            await foreach (var drained in Task.WhenEach(output, error)) await drained;
            await process.WaitForExitAsync(limit.Token);
            return new CommandResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CommandException($"{program}: no answer within {timeLimit.TotalSeconds:0.#} s");
        }
        finally
        {
            Kill(process);
        }
    }

    static async Task<string> DrainAsync(Stream stream, string program, CancellationToken cancel)
    {
        var text = new MemoryStream();
        var buffer = new byte[16 << 10];
        while (await stream.ReadAsync(buffer, cancel) is > 0 and var count)
        {
            text.Write(buffer, 0, count);
            if (text.Length > OutputLimit) throw new CommandException($"{program}: printed more than {OutputLimit} bytes");
        }
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended between the question and the signal.
        }
    }
}
