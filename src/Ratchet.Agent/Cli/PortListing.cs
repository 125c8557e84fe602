using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks.Ports;

namespace Ratchet.Agent.Cli;

/// <summary>The listeners as a JSON array, one object each with the fields of the evidence, subject and verdict.</summary>
static class PortListing
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static string Json(PortSurvey survey, Dictionary<string, string> verdicts)
    {
        var array = new JsonArray();
        foreach (var listener in survey.Listeners)
        {
            var item = listener.ToEvidence().ToJson();
            item.Insert(0, "subject", JsonValue.Create(Checks.Printable.Clean(listener.Subject, 512)));
            item.Add("verdict", JsonValue.Create(verdicts.GetValueOrDefault(listener.Subject, "no policy")));
            array.Add((JsonNode)item);
        }
        return array.ToJsonString(Indented);
    }
}
