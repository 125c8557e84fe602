using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Records;

/// <summary>How a finding's verdict moved since the one before.</summary>
/// <param name="Since">Since when the verdict holds.</param>
/// <param name="Alert">What on-call is told of it; null: nothing.</param>
sealed record Transition(DateTimeOffset Since, AlertNews? Alert)
{
    /// <summary><c>ratchet.transition</c>: <c>opened</c>, <c>resolved</c>, <c>reopened</c> or <c>unchanged</c>.</summary>
    public string Change => Alert is { Event: not "reminder" } ? Alert.Event : "unchanged";
}

/// <summary>Records that are lost on their way.</summary>
/// <param name="First">Chain number.</param>
/// <param name="Last">Chain number.</param>
/// <param name="KeyId">The key that signs the record after them, where that is known.</param>
/// <param name="OtherChain">The chain that they are of, where it is not the one that declares them.</param>
sealed record Loss(long First, long Last, string Reason, string? KeyId, string? OtherChain = null);

/// <summary>What one sweep did, for its heartbeat; and within what interval the next one follows.</summary>
sealed record SweepReport(IReadOnlyList<Finding> Findings, TimeSpan Interval, TimeSpan Duration, TimeSpan ProcessorTime, ChainHead Head, int SpoolBatches, IReadOnlyDictionary<string, TimeSpan> Checks);

/// <summary>The payloads of records: Elastic Common Schema, and the posture fields that Kibana's findings use.</summary>
static class Payload
{
    public const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>The payload of one finding; <paramref name="transition"/> is null outside the service, which alone knows the past.</summary>
    public static JsonObject Of(Finding finding, Speaker speaker, DateTimeOffset now, Transition? transition)
    {
        var rule = finding.Rule;
        var payload = Envelope(speaker, now, "finding", "ratchet.findings", transition?.Alert?.Message(finding) ?? finding.Message);
        var events = (JsonObject)payload["event"]!;
        events["kind"] = transition?.Alert is not null ? "alert" : "state";
        events["outcome"] = finding.Outcome switch { Outcome.Pass => "success", Outcome.Fail => "failure", _ => "unknown" };
        events["severity"] = (int)rule.Severity;
        payload["rule"] = RuleObject(rule);
        var result = new JsonObject { ["evaluation"] = Evaluation(finding), ["expected"] = new JsonObject { ["state"] = rule.Title } };
        if (!finding.Evidence.IsEmpty) result["evidence"] = finding.Evidence.ToJson();
        if (finding.Waiver is { } waiver) result["reason"] = waiver;
        else if (finding.Outcome is Outcome.Unknown or Outcome.NotApplicable) result["reason"] = finding.Message;
        payload["result"] = result;
        payload["resource"] = new JsonObject { ["id"] = $"{speaker.Id}:{finding.Subject}", ["name"] = finding.Subject, ["type"] = rule.Area };
        var ratchet = new JsonObject();
        if (transition is not null) (ratchet["since"], ratchet["transition"]) = (Time(transition.Since), transition.Change);
        if (transition?.Alert is { } alert) ratchet["alert"] = alert.ToJson(speaker, finding);
        if (finding.WaivedUntil is { } day) ratchet["waiver"] = new JsonObject { ["expires"] = $"{day:yyyy-MM-dd}" };
        if (ratchet.Count > 0) payload["ratchet"] = ratchet;
        return payload;
    }

    /// <summary>The heartbeat: one for each sweep.</summary>
    public static JsonObject OfSweep(SweepReport sweep, Speaker speaker, DateTimeOffset now)
    {
        var counts = new JsonObject();
        foreach (var evaluation in Evaluations) counts[evaluation] = sweep.Findings.Count(finding => Evaluation(finding) == evaluation);
        var payload = Envelope(speaker, now, "sweep", "ratchet.sweeps", $"swept {sweep.Findings.Count} findings: {counts["failed"]} failed, {counts["unknown"]} unknown");
        ((JsonObject)payload["event"]!)["duration"] = (long)sweep.Duration.TotalNanoseconds;
        var checks = new JsonObject();
        foreach (var (area, time) in sweep.Checks) checks[area] = Milliseconds(time);
        payload["ratchet"] = new JsonObject
        {
            ["sweep"] = new JsonObject { ["counts"] = counts, ["interval_s"] = (long)sweep.Interval.TotalSeconds, ["cpu_ms"] = Milliseconds(sweep.ProcessorTime), ["checks_ms"] = checks },
            ["spool"] = new JsonObject { ["batches"] = sweep.SpoolBatches },
            ["head"] = new JsonObject { ["chain"] = sweep.Head.Id, ["sequence"] = sweep.Head.Sequence },
        };
        return payload;
    }

    /// <summary>The service has started, or a chain begins: <paramref name="reason"/> is <c>restart</c>, <c>first-start</c>, <c>state-lost</c>, <c>key-lost</c>, <c>no-state</c>, <c>cloned</c> or <c>renamed</c>.</summary>
    public static JsonObject Start(Speaker speaker, DateTimeOffset now, string reason, string? follows)
    {
        var payload = OfAgent(speaker, now, "start", reason switch
        {
            "restart" => "the agent has started",
            "first-start" => "a chain begins: the agent's first start on this host",
            "key-lost" => "a chain begins: the signing key was lost, a new one was made",
            "no-state" => "a chain begins: beside the sealed key no state was found, so it is the first start, or the state was lost",
            "renamed" => "a chain begins: the host has another name than in the chain before",
            "cloned" => "a chain begins: the state came from another machine, so this one made a key of its own",
            _ => "a chain begins: the state of the one before was lost",
        });
        var chain = new JsonObject { ["reason"] = reason };
        if (follows is not null) chain["follows"] = follows;
        payload["ratchet"] = new JsonObject { ["chain"] = chain };
        return payload;
    }

    public static JsonObject Stop(Speaker speaker, DateTimeOffset now) => OfAgent(speaker, now, "stop", "the agent stops");

    /// <summary>The frame of what the agent says of itself.</summary>
    public static JsonObject OfAgent(Speaker speaker, DateTimeOffset now, string action, string message) => Envelope(speaker, now, action, "ratchet.agent", message);

    /// <summary>Signed by the old key; everything after it is signed by <paramref name="next"/>.</summary>
    public static JsonObject KeyRotated(Speaker speaker, DateTimeOffset now, PublicKey next)
    {
        var payload = OfAgent(speaker, now, "key-rotated", $"the signing key is replaced by {next.Id}");
        payload["ratchet"] = new JsonObject { ["key"] = new JsonObject { ["next"] = next.Id, ["jwk"] = JsonNode.Parse(next.ToJson()) } };
        return payload;
    }

    /// <summary>Chain numbers that nobody will get: given up, torn or refused.</summary>
    public static JsonObject Gap(Speaker speaker, DateTimeOffset now, Loss loss)
    {
        var payload = Envelope(speaker, now, "gap", "ratchet.agent", $"{(loss.First == loss.Last ? $"record {loss.First} is" : $"records {loss.First} to {loss.Last} are")} lost: {loss.Reason}");
        payload["event"]!["outcome"] = "failure";
        var numbers = new JsonObject { ["first"] = loss.First, ["last"] = loss.Last, ["reason"] = loss.Reason };
        if (loss.KeyId is not null) numbers["key"] = loss.KeyId;
        if (loss.OtherChain is not null) numbers["chain"] = loss.OtherChain;
        // "gap" counts for the record's own chain.
        payload["ratchet"] = new JsonObject { [loss.OtherChain is null ? "gap" : "lost"] = numbers };
        return payload;
    }

    /// <summary>The receiver refuses a record, alone; the gap record after it declares its number.</summary>
    /// <param name="eventId">Its <c>event.id</c>; null where it cannot be read.</param>
    /// <param name="status">Of HTTP.</param>
    public static JsonObject RecordRejected(Speaker speaker, DateTimeOffset now, string? eventId, long sequence, int status)
    {
        var payload = Envelope(speaker, now, "record-rejected", "ratchet.agent", $"the receiver refuses record {sequence} with HTTP {status}; it is kept in rejected/");
        payload["event"]!["outcome"] = "failure";
        payload["ratchet"] = new JsonObject { ["rejected"] = new JsonObject { ["event"] = new JsonObject { ["id"] = eventId }, ["sequence"] = sequence, ["status"] = status } };
        return payload;
    }

    /// <summary>The values of <c>result.evaluation</c>.</summary>
    public static readonly string[] Evaluations = ["passed", "failed", "unknown", "not_applicable", "waived"];

    public static string Evaluation(Finding finding) => finding.Outcome switch
    {
        _ when finding.Waiver is not null => "waived",
        Outcome.Pass => "passed",
        Outcome.Fail => "failed",
        Outcome.NotApplicable => "not_applicable",
        _ => "unknown",
    };

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat);

    static JsonObject Envelope(Speaker speaker, DateTimeOffset now, string action, string dataset, string message)
    {
        var payload = new JsonObject
        {
            ["@timestamp"] = Time(now),
            ["message"] = message,
            ["event"] = new JsonObject
            {
                ["kind"] = "state",
                ["action"] = action,
                ["category"] = new JsonArray("configuration"),
                ["type"] = new JsonArray("info"),
                ["outcome"] = "success",
                ["module"] = "ratchet",
                ["dataset"] = dataset,
            },
        };
        speaker.WriteTo(payload);
        return payload;
    }

    static JsonObject RuleObject(Rule rule) => new()
    {
        ["id"] = rule.Id,
        ["uuid"] = rule.Id,
        ["name"] = rule.Title,
        ["section"] = rule.Area,
        ["description"] = rule.Why,
        ["remediation"] = rule.Remedy,
        ["tags"] = new JsonArray([.. rule.Controls.Tags.Select(tag => (JsonNode)tag)]),
        ["benchmark"] = new JsonObject
        {
            ["id"] = "ratchet",
            ["name"] = "Ratchet host posture",
            ["version"] = Speaker.AgentVersion,
            ["rule_number"] = rule.Id,
            ["posture_type"] = "host",
        },
    };

    static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
