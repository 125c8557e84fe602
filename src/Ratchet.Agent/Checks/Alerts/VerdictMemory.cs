using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ratchet.Agent.Checks.Alerts;

/// <summary>What was last recorded of one rule and subject.</summary>
/// <param name="Evaluation"><c>result.evaluation</c>.</param>
/// <param name="Since">Since when it holds.</param>
/// <param name="Alert">Null where it was never bad.</param>
sealed record KnownVerdict(string Rule, string Subject, string Evaluation, DateTimeOffset Since, KnownAlert? Alert);

/// <summary>How far the alert of one verdict is. A verdict is bad where it failed, good where it did not; unknown is neither.</summary>
/// <param name="IsBad">The side that was last seen.</param>
/// <param name="Turned">When that side was first seen.</param>
/// <param name="Relapses">How often it turned bad without having been good for the time that resolves.</param>
/// <param name="IsOpen">On-call was told that it is bad, and not yet that it is good.</param>
/// <param name="IsInherited">It was bad when its rule was first judged here: told together with others, see <see cref="AlertsCheck"/>.</param>
/// <param name="Openings">How often an alert opened.</param>
/// <param name="Restless">How often it reopened within a day of being resolved.</param>
/// <param name="Opened">When it last opened.</param>
/// <param name="Told">When on-call was last told anything of it.</param>
/// <param name="Sweeps">How many sweeps in a row have seen that side, as far as they count for opening or resolving.</param>
sealed record KnownAlert(
    bool IsBad, DateTimeOffset Turned, int Relapses, bool IsOpen, bool IsInherited, int Openings, int Restless, DateTimeOffset Opened, DateTimeOffset Told, int Sweeps = 0);

/// <summary>verdicts.json in the state directory: all that the service remembers of its verdicts over a restart.</summary>
/// <param name="Form">The form of the file: <see cref="CurrentForm"/>.</param>
/// <param name="Began">Since when verdicts are remembered.</param>
/// <param name="Reason">Why not since earlier.</param>
/// <param name="Judged">The rules that have ever passed or failed here: what others say at their first look is inherited.</param>
sealed record VerdictMemory(int Form, DateTimeOffset Began, string Reason, IReadOnlyList<string> Judged, IReadOnlyList<KnownVerdict> Verdicts)
{
    public const int CurrentForm = 2;

    /// <summary>Bytes; a file of more is damaged.</summary>
    public const int SizeLimit = 16 << 20;

    public static string PathIn(string stateDirectory) => Path.Combine(stateDirectory, "verdicts.json");

    /// <exception cref="JsonException">It is damaged, or of another form.</exception>
    public static VerdictMemory Parse(ReadOnlySpan<byte> json)
    {
        var memory = JsonSerializer.Deserialize(json, MemoryJson.Default.VerdictMemory) ?? throw new JsonException("verdicts.json is empty");
        if (memory.Form != CurrentForm) throw new JsonException($"verdicts.json has form {memory.Form}, not {CurrentForm}");
        if (memory.Judged.Any(rule => rule is null) || memory.Verdicts.Any(verdict => verdict is null)) throw new JsonException("verdicts.json holds null");
        if (memory.Verdicts.Any(verdict => !verdict.Rule.Contains('.'))) throw new JsonException("verdicts.json names a rule without an area");
        if (memory.Verdicts.DistinctBy(verdict => (verdict.Rule, verdict.Subject)).Count() != memory.Verdicts.Count) throw new JsonException("verdicts.json names a subject twice");
        return memory;
    }

    public byte[] Render() => JsonSerializer.SerializeToUtf8Bytes(this, MemoryJson.Default.VerdictMemory);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(VerdictMemory))]
sealed partial class MemoryJson : JsonSerializerContext;
