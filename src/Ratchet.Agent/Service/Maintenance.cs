using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Serilog;

namespace Ratchet.Agent.Service;

/// <summary>
/// The windows in which alerts are held back: those that the verb asks for, one at a time, and those of the configuration. A
/// window holds alerts from the moment its begin is recorded, for 24 hours at most, also where the clock is set back.
/// </summary>
sealed class Maintenance
{
    /// <summary>After a record or maintenance.json could not be written, the time until it is tried again.</summary>
    static readonly TimeSpan RetryPause = TimeSpan.FromMinutes(1);

    readonly string stateDirectory;
    readonly Machine machine;
    readonly Speaker speaker;
    readonly ILogger journal;
    IReadOnlyList<MaintenanceWindow> windows, saved;
    IReadOnlyList<MaintenanceWindow>? unsaved;
    DateTimeOffset retryAt, saveAgainAt;
    int refused;

    public Maintenance(string stateDirectory, Machine machine, Speaker speaker, ILogger journal)
    {
        (this.stateDirectory, this.machine, this.speaker, this.journal) = (stateDirectory, machine, speaker, journal);
        try
        {
            windows = MaintenanceFile.Read(machine, stateDirectory);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            journal.Error(e, "maintenance.json is damaged: no maintenance is in force");
            windows = [];
        }
        saved = windows;
    }

    /// <summary>The windows that hold alerts back now.</summary>
    public IReadOnlyList<MaintenanceWindow> InForce => [.. windows.Where(window => !window.IsStopped && EndOf(window, machine.Now) is null)];

    /// <summary>Opens and ends what has to be. Cheap: called each second.</summary>
    /// <param name="configured">The windows of the configuration.</param>
    /// <param name="record">Writes a record; false where it is not on the disk, then nothing begins or ends.</param>
    /// <returns>Whether a window ended: what is still bad has to be told.</returns>
    public bool Follow(IReadOnlyList<MaintenanceSettings> configured, Func<JsonObject, bool> record)
    {
        var (now, free) = (machine.Now, false);
        if (IsPause(retryAt, now)) return false;
        var wanted = configured.Where(window => window.From <= now && now < window.Until).Select(Of).DistinctBy(window => window.Id).ToList();
        foreach (var window in windows.ToList())
            if ((EndOf(window, now) ?? (window.Source == "configuration" && !wanted.Exists(other => other.Id == window.Id) ? "removed" : null)) is { } end)
                free |= End(window, end, by: null, record);
        foreach (var window in wanted.ExceptBy(windows.Select(window => window.Id), window => window.Id)) Begin(window, record);
        var stamp = machine.Stamp(MaintenanceRequest.PathIn(stateDirectory));
        if (stamp != 0 && stamp != refused) free |= Obey(stamp, record);
        Save();
        return free;
    }

    /// <summary>Not where the clock was set back by more than a pause.</summary>
    static bool IsPause(DateTimeOffset end, DateTimeOffset now) => now < end && end - now <= RetryPause;

    /// <summary>Why a window is over; null while it is not.</summary>
    static string? EndOf(MaintenanceWindow window, DateTimeOffset now) =>
        now >= window.Until ? "time" : window.Until - now > MaintenanceWindow.Limit ? "clock" : null;

    static MaintenanceWindow Of(MaintenanceSettings window) => new(
        $"{window.From.UtcDateTime:yyyyMMddTHHmmssZ}-{window.Until.UtcDateTime:yyyyMMddTHHmmssZ}-{window.Owner}", "configuration", window.From, window.Until, window.Reason, window.Owner, null, IsStopped: false);

    /// <summary>Does what the request file asks, and removes it. What is hostile is removed too.</summary>
    bool Obey(int stamp, Func<JsonObject, bool> record)
    {
        var free = false;
        try
        {
            if (MaintenanceRequest.Read(machine, stateDirectory) is not { } found) return false;
            var (request, owner) = found;
            request.Judge(machine.Now);
            free = request.Verb == "stop" ? Stop(request, record) : Start(request, owner, record);
            // What could not be recorded stands, and is tried again.
            if (machine.Now < retryAt) return free;
            // The window is saved before the request goes: a crash in between asks twice, never not at all.
            Save();
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            journal.Error("a request for maintenance is refused: {Reason:l}", e.Message);
        }
        Remove(stamp);
        return free;
    }

    bool Start(MaintenanceRequest request, uint owner, Func<JsonObject, bool> record)
    {
        if (windows.Any(window => window.Id == request.Id)) return false;
        var open = windows.Where(window => window.Source == "request").ToList();
        Begin(new MaintenanceWindow(request.Id, "request", machine.Now, request.Until!.Value, request.Reason!, request.Who, owner, IsStopped: false), record);
        if (windows.Any(window => window.Id == request.Id))
            foreach (var window in open) End(window, "replaced", request.Who, record);
        return false;
    }

    bool Stop(MaintenanceRequest request, Func<JsonObject, bool> record)
    {
        var free = false;
        foreach (var window in windows.Where(window => !window.IsStopped).ToList()) free |= End(window, "stopped", request.Who, record);
        return free;
    }

    void Begin(MaintenanceWindow window, Func<JsonObject, bool> record)
    {
        if (!Try(record, window.Started(speaker, machine.Now))) return;
        windows = [.. windows, window];
        journal.Warning("maintenance by {Who:l} until {Until:u}: alerts are held back", window.Who, window.Until.UtcDateTime);
    }

    /// <summary>Records an end. A configured window that is stopped is remembered until its time, or it would begin again.</summary>
    bool End(MaintenanceWindow window, string end, string? by, Func<JsonObject, bool> record)
    {
        if (!window.IsStopped && !Try(record, window.Ended(speaker, machine.Now, end, by))) return false;
        var others = windows.Where(other => other.Id != window.Id);
        windows = end == "stopped" && window.Source == "configuration" ? [.. others, window with { IsStopped = true }] : [.. others];
        if (!window.IsStopped) journal.Warning("the maintenance by {Who:l} has ended ({End:l})", window.Who, end);
        return !window.IsStopped;
    }

    bool Try(Func<JsonObject, bool> record, JsonObject payload)
    {
        var written = record(payload);
        if (!written) retryAt = machine.Now + RetryPause;
        return written;
    }

    void Save()
    {
        if (ReferenceEquals(saved, windows) || (ReferenceEquals(unsaved, windows) && IsPause(saveAgainAt, machine.Now))) return;
        try
        {
            MaintenanceFile.Write(stateDirectory, windows);
            saved = windows;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            (unsaved, saveAgainAt) = (windows, machine.Now + RetryPause);
            journal.Error(e, "maintenance.json could not be written: until it is, a restart forgets what began and ended");
        }
    }

    void Remove(int stamp)
    {
        try
        {
            File.Delete(MaintenanceRequest.PathIn(stateDirectory));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not looked at again until it changes.
            refused = stamp;
            journal.Error(e, "the request for maintenance could not be removed");
        }
    }
}
