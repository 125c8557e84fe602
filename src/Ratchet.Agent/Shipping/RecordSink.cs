using System.Text.Json.Nodes;
using Ratchet.Agent.Records;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Ratchet.Agent.Shipping;

/// <summary>
/// The Serilog audit sink of records: <c>Emit</c> returns when they are on the disk and throws when they are not, as
/// <c>AuditTo</c> promises its callers. One event carries the payloads of one sweep, so that a sweep costs one synced write.
/// </summary>
sealed class RecordSink(Ledger ledger) : ILogEventSink
{
    const string Property = "Records";

    static readonly MessageTemplate Template = new MessageTemplateParser().Parse("{Records}");

    /// <summary>An audit logger whose one sink is the ledger.</summary>
    public static Logger NewLogger(Ledger ledger) => new LoggerConfiguration().AuditTo.Sink(new RecordSink(ledger)).CreateLogger();

    /// <summary>Logs payloads through such a logger.</summary>
    /// <exception cref="AggregateException">They are not on the disk; it holds the reason.</exception>
    public static void Write(ILogger logger, IReadOnlyList<JsonObject> payloads, DateTimeOffset now) =>
        logger.Write(new LogEvent(now, LogEventLevel.Information, exception: null, Template, [new LogEventProperty(Property, new ScalarValue(payloads))]));

    public void Emit(LogEvent logEvent)
    {
        if (logEvent.Properties.GetValueOrDefault(Property) is not ScalarValue { Value: IReadOnlyList<JsonObject> payloads })
            throw new InvalidOperationException("an event without records came to the record sink");
        ledger.Append(payloads);
    }
}
