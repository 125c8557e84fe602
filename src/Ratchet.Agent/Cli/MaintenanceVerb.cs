using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;

namespace Ratchet.Agent.Cli;

/// <summary><c>maintenance start|stop|status</c>: a signed window in which findings are recorded and alerts held back.</summary>
static class MaintenanceVerb
{
    static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(60);

    public static Verb Build(Setup setup)
    {
        var length = new Option<string>("--for") { Description = "how long, at most 24h: 30m, 2h", HelpName = "DURATION", Required = true };
        var reason = new Option<string>("--reason") { Description = "why; it is recorded and signed", HelpName = "TEXT", Required = true };
        var start = new Verb("start", "hold alerts back for a time, in place of a window that was started before") { length, reason };
        start.SetAction((arguments, cancel) => Setup.GuardAsync(() =>
            AskAsync(setup.Load(arguments).Settings.State, ToStart(arguments.GetValue(length)!, arguments.GetValue(reason)!), cancel)));
        var stop = new Verb("stop", "end every window; what is still bad alerts");
        stop.SetAction((arguments, cancel) => Setup.GuardAsync(() => AskAsync(setup.Load(arguments).Settings.State, NewRequest("stop", null, null), cancel)));
        var status = new Verb("status", "the windows in force");
        status.SetAction((arguments, _) => Setup.GuardAsync(() => Task.FromResult(Print(setup.Load(arguments).Settings.State))));
        return new Verb("maintenance", "hold alerts back for a time, signed and bounded") { start, stop, status };
    }

    static MaintenanceRequest ToStart(string length, string reason)
    {
        if (!DurationConverter.TryParse(length, out var duration) || duration <= TimeSpan.Zero) throw new FormatException($"--for: expected a duration such as 30m or 2h, found {length}");
        if (duration > MaintenanceWindow.Limit) throw new FormatException("--for: expected at most 24h");
        if (string.IsNullOrWhiteSpace(reason)) throw new FormatException("--reason: expected why alerts are held back");
        if (reason.Length > MaintenanceRequest.ReasonLimit) throw new FormatException($"--reason: expected at most {MaintenanceRequest.ReasonLimit} characters");
        return NewRequest("start", TimeProvider.System.GetUtcNow() + duration, reason);
    }

    static MaintenanceRequest NewRequest(string verb, DateTimeOffset? until, string? reason) =>
        new(Guid.NewGuid().ToString(), verb, Printable.Clean(Caller(), 128), TimeProvider.System.GetUtcNow(), until, reason);

    static string Caller() => Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } user
        ? $"{user} (sudo)"
        : new UserNames(Live()).Of(Libc.EffectiveUser);

    static Machine Live() => new("/", Probes.Command.RunAsync);

    /// <summary>Leaves the request, and waits until a running service has answered it.</summary>
    static async Task<int> AskAsync(string state, MaintenanceRequest request, CancellationToken cancel)
    {
        StateOwner.Become(state);
        var machine = Live();
        if (machine.Status(state) is null) throw new IOException($"{state}: the service has never run here");
        request.Leave(state);
        if (!IsRunning(state))
        {
            Console.WriteLine(request.Verb == "start"
                ? $"the service is not running: the window begins when it starts, if that is before {Time(request.Until!.Value)}"
                : "the service is not running: the window ends when it starts");
            return Exit.Good;
        }
        if (!await IsAnsweredAsync(machine, state, cancel)) return await FailAsync($"the running service has not answered within {AnswerLimit.TotalSeconds} s, the request stands; see its journal");
        var windows = InForce(machine, state);
        var isDone = request.Verb == "start" ? windows.Any(window => window.Id == request.Id) : windows.Count == 0;
        return isDone ? Print(state) : await FailAsync("the running service has refused; its journal says why");
    }

    static async Task<int> FailAsync(string reason)
    {
        await Console.Error.WriteLineAsync("ratchet-agent: " + reason);
        return Exit.Bad;
    }

    static bool IsRunning(string state)
    {
        using var free = Ledger.TryLock(state);
        return free is null;
    }

    static async Task<bool> IsAnsweredAsync(Machine machine, string state, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AnswerLimit);
        try
        {
            while (machine.Status(MaintenanceRequest.PathIn(state), follow: false) is not null) await Task.Delay(100, limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    static IReadOnlyList<MaintenanceWindow> InForce(Machine machine, string state)
    {
        try
        {
            return [.. MaintenanceFile.Read(machine, state).Where(window => !window.IsStopped && window.Until > machine.Now)];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("maintenance.json is damaged: " + e.Message, e);
        }
    }

    static int Print(string state)
    {
        StateOwner.Become(state);
        var windows = InForce(Live(), state);
        foreach (var window in windows) Console.WriteLine($"maintenance by {window.Who} until {Time(window.Until)}, alerts are held back: {window.Reason}");
        if (windows.Count == 0) Console.WriteLine("no maintenance: alerts are told");
        return Exit.Good;
    }

    static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
