using System.Text.Json.Serialization;
using Ratchet.Agent.Checks;

namespace Ratchet.Agent.Configuration;

/// <summary>When on-call is told, by the severity of the rule. Part of an object may be set; the rest keeps its default.</summary>
sealed record AlertSettings
{
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public AlertTimes Critical { get; set; } = new() { Open = TimeSpan.Zero, Resolve = TimeSpan.FromMinutes(5), Remind = TimeSpan.FromHours(4) };

    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public AlertTimes High { get; set; } = new() { Open = TimeSpan.FromMinutes(1), Resolve = TimeSpan.FromMinutes(15), Remind = TimeSpan.FromHours(24) };

    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public AlertTimes Medium { get; set; } = new() { Open = TimeSpan.FromMinutes(10), Resolve = TimeSpan.FromMinutes(30), Remind = TimeSpan.FromDays(7) };

    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public AlertTimes Low { get; set; } = new() { Open = TimeSpan.FromHours(1), Resolve = TimeSpan.FromHours(1), Remind = TimeSpan.FromDays(7) };

    /// <summary>How long a verdict may stay unknown before that is a failure of its own (<c>alerts.none-blind</c>).</summary>
    public TimeSpan Unknown { get; set; } = TimeSpan.FromHours(1);

    public AlertTimes Of(Severity severity) => severity switch
    {
        Severity.Critical => Critical,
        Severity.High => High,
        Severity.Medium => Medium,
        _ => Low,
    };
}

/// <summary>How long a verdict has to hold before on-call hears of it.</summary>
sealed record AlertTimes
{
    /// <summary>Most sweeps that can be asked for.</summary>
    public const int SweepLimit = 1000;

    /// <summary>How long it has to be bad before its alert opens.</summary>
    public TimeSpan Open { get; set; }

    /// <summary>How many sweeps in a row that see it bad open its alert sooner; 0: none, the time alone does.</summary>
    public int OpenSweeps { get; set; }

    /// <summary>How long it has to be good before its alert is resolved; twice that after each reopening within a day.</summary>
    public TimeSpan Resolve { get; set; }

    /// <summary>How many sweeps in a row that see it good resolve its alert sooner; they double as the time does. 0: none.</summary>
    public int ResolveSweeps { get; set; }

    /// <summary>How often on-call is reminded of an alert that stays open; 0s: never.</summary>
    public TimeSpan Remind { get; set; }
}

/// <summary>A window in which findings are recorded and alerts held back.</summary>
sealed record MaintenanceSettings(DateTimeOffset From, DateTimeOffset Until, string Reason, string Owner);
