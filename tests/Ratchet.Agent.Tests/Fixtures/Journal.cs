using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A journal that keeps its lines for the test.</summary>
sealed class Journal : ILogEventSink
{
    readonly List<string> lines = [];

    public Journal() => Logger = new LoggerConfiguration().WriteTo.Sink(this).CreateLogger();

    public Logger Logger { get; }

    public string[] Lines
    {
        get { lock (lines) return [.. lines]; }
    }

    public void Emit(LogEvent logEvent)
    {
        lock (lines) lines.Add(logEvent.RenderMessage());
    }
}
