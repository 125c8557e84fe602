using Serilog.Core;
using Serilog.Events;

namespace Ratchet.Agent.Systemd;

/// <summary>
/// The agent's own log on standard error. Under systemd each line starts with its priority in the form of sd-daemon(3)
/// (<c>&lt;4&gt;</c>), from which the journal takes the level; elsewhere with the level's name.
/// </summary>
sealed class JournalSink : ILogEventSink
{
    readonly bool isJournal = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is not null;

    public void Emit(LogEvent logEvent)
    {
        var text = logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture);
        if (logEvent.Exception is { } e) text += $": {e.Message} ({e.GetType().Name})";
        Console.Error.WriteLine(Prefix(logEvent.Level) + Checks.Printable.Clean(text, 4096));
    }

    string Prefix(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => isJournal ? "<2>" : "fatal: ",
        LogEventLevel.Error => isJournal ? "<3>" : "error: ",
        LogEventLevel.Warning => isJournal ? "<4>" : "warning: ",
        LogEventLevel.Information => isJournal ? "<6>" : "",
        _ => isJournal ? "<7>" : "debug: ",
    };
}
