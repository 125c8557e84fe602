using System.Text.Json;
using System.Text.Json.Serialization;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Service;

/// <summary>
/// How <c>maintenance start</c> and <c>stop</c> reach the service, which alone may write records: a file in the state directory
/// that stands until the service has read it, also over its restart. Who may write there is root or the service's user.
/// </summary>
/// <param name="Verb"><c>start</c> or <c>stop</c>.</param>
/// <param name="Who">The user who asked, before sudo.</param>
/// <param name="At">When it was asked.</param>
/// <param name="Until">The end of the window; null to stop.</param>
/// <param name="Reason">Null to stop.</param>
sealed record MaintenanceRequest(string Id, string Verb, string Who, DateTimeOffset At, DateTimeOffset? Until, string? Reason)
{
    public const string Name = "maintenance.request";
    public const int ReasonLimit = 500;

    /// <summary>Bytes.</summary>
    const int SizeLimit = 4096;

    const int WritableByOthers = 0b000_010_010;

    public static string PathIn(string stateDirectory) => Path.Combine(stateDirectory, Name);

    /// <summary>Leaves the request. Readable by all who may enter the state directory: the service may be another user than root.</summary>
    public void Leave(string stateDirectory) => DurableFile.Write(PathIn(stateDirectory), JsonSerializer.SerializeToUtf8Bytes(this, RequestJson.Default.MaintenanceRequest),
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    /// <summary>Reads a request that anything may have left; null where it is gone.</summary>
    /// <exception cref="IOException">It is a link, a pipe, too long, unreadable, or of somebody who may not ask.</exception>
    /// <exception cref="FormatException">It is no request, or asks for what there is not.</exception>
    public static (MaintenanceRequest Request, uint Owner)? Read(Machine machine, string stateDirectory)
    {
        var path = PathIn(stateDirectory);
        if (machine.Status(path, follow: false) is not { } status) return null;
        if (status.Uid != 0 && status.Uid != Libc.EffectiveUser) throw new IOException($"{path}: belongs to user {status.Uid}, who may not ask for maintenance");
        if (status.Kind == FileKind.Regular && (status.Mode & WritableByOthers) != 0) throw new IOException($"{path}: others may write it (mode {status.OctalMode})");
        return machine.ReadUntrusted(stateDirectory, Name, SizeLimit) is { } json ? (Parse(json), status.Uid) : null;
    }

    /// <summary>Whether it asks for a window that may be opened now.</summary>
    /// <exception cref="FormatException">It does not; the message says why.</exception>
    public void Judge(DateTimeOffset now)
    {
        if (Verb == "stop") return;
        if (Until is not { } until || until <= now) throw new FormatException("the window has ended already");
        if (until - now > MaintenanceWindow.Limit) throw new FormatException($"the window would last until {until.UtcDateTime:yyyy-MM-dd HH:mm}Z, more than {MaintenanceWindow.Limit.TotalHours} hours");
        if (string.IsNullOrWhiteSpace(Reason)) throw new FormatException("no reason is given");
    }

    static MaintenanceRequest Parse(byte[] json)
    {
        try
        {
            var request = JsonSerializer.Deserialize(json, RequestJson.Default.MaintenanceRequest) ?? throw new FormatException("is null");
            if (request.Verb is not ("start" or "stop")) throw new FormatException($"asks for {Printable.Clean(request.Verb, 32)}, not start or stop");
            return request with { Id = Printable.Clean(request.Id, 64), Who = Printable.Clean(request.Who, 128), Reason = request.Reason is { } reason ? Printable.Clean(reason, ReasonLimit) : null };
        }
        catch (JsonException e)
        {
            throw new FormatException("is not a request: " + Printable.Clean(e.Message, 200), e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(MaintenanceRequest))]
sealed partial class RequestJson : JsonSerializerContext;
