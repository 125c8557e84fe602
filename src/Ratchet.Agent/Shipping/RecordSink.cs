using System.Text.Json.Nodes;
using Ratchet.Agent.Records;
using Serilog.Core;
using Serilog.Events;

namespace Ratchet.Agent.Shipping;

/// <summary>
/// The Serilog audit sink of records: <c>Emit</c> returns when they are on the disk and throws when they are not, as
/// <c>AuditTo</c> promises its callers. One event carries the payloads of one sweep, so that a sweep costs one synced write.
/// </summary>
sealed class RecordSink(Ledger ledger) : ILogEventSink
{
    /// <summary>The message template of an event that carries records: its one property holds the payloads.</summary>
    public const string Template = "{Records:l}";

    public void Emit(LogEvent logEvent)
    {
        if (logEvent.Properties.TryGetValue("Records", out var value) && value is ScalarValue { Value: Payloads payloads }) ledger.Append(payloads.Items);
    }
}

/// <summary>Payloads as one scalar for Serilog, which would otherwise take a list apart.</summary>
sealed record Payloads(IReadOnlyList<JsonObject> Items)
{
    public override string ToString() => $"{Items.Count} records";
}
