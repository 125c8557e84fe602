using System.Text;
using System.Text.RegularExpressions;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// One conversation with the instance metadata service in its second version: a token first, which never leaves this object, then
/// questions with it. Every answer is bounded in size and time, and hostile until its form was checked.
/// </summary>
sealed partial class MetadataService(Machine machine, Uri address)
{
    const string TokenHeader = "X-aws-ec2-metadata-token", LifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds";
    const string LifetimeSeconds = "60";
    const int InterfaceLimit = 32, GroupLimit = 64;

    string? token;

    /// <summary>Gets a token. Without one nothing else is asked.</summary>
    /// <exception cref="IOException">There is no answer, or no token in it.</exception>
    public async Task OpenAsync(CancellationToken cancel)
    {
        var answer = await machine.AskAsync(new WebRequest(HttpMethod.Put, new Uri(address, "/latest/api/token"), new Dictionary<string, string> { [LifetimeHeader] = LifetimeSeconds }), cancel);
        if (answer.Status != 200) throw new IOException($"the instance metadata service gives no token: HTTP {answer.Status}{(answer.Status == 403 ? ", as it does where it is turned off" : "")}");
        var text = Encoding.UTF8.GetString(answer.Body).Trim();
        token = TokenForm.IsMatch(text) ? text : throw new IOException("the instance metadata service gives something that is no token");
    }

    /// <summary>The text at a path; null where it says that there is none.</summary>
    /// <exception cref="IOException">There is no answer, or one of another status.</exception>
    public async Task<string?> ReadAsync(string path, CancellationToken cancel)
    {
        var answer = await machine.AskAsync(new WebRequest(HttpMethod.Get, new Uri(address, path), new Dictionary<string, string> { [TokenHeader] = token! }), cancel);
        return answer.Status switch
        {
            200 => Encoding.UTF8.GetString(answer.Body).TrimEnd(),
            404 => null,
            _ => throw new IOException($"the instance metadata service answers {path} with HTTP {answer.Status}"),
        };
    }

    /// <summary>Asks for the instance id as the first version did, without a token.</summary>
    public async Task<WebAnswer> ReadWithoutTokenAsync(CancellationToken cancel) =>
        await machine.AskAsync(new WebRequest(HttpMethod.Get, new Uri(address, "/latest/meta-data/instance-id"), new Dictionary<string, string>()), cancel);

    /// <summary>The security groups of all network interfaces, and whether one of these has a public address.</summary>
    /// <exception cref="IOException">Something is missing, or has not the form that it should have.</exception>
    public async Task<AttachedGroups> GroupsAsync(CancellationToken cancel)
    {
        const string interfaces = "/latest/meta-data/network/interfaces/macs/";
        var (groups, isPublic) = (new SortedSet<string>(StringComparer.Ordinal), false);
        var addresses = Lines(await ReadAsync(interfaces, cancel), InterfaceLimit, HardwareAddress, "network interfaces");
        foreach (var name in addresses.Select(line => line.TrimEnd('/')))
        {
            groups.UnionWith(Lines(await ReadAsync($"{interfaces}{name}/security-group-ids", cancel), GroupLimit, GroupId, "security groups"));
            isPublic |= await ReadAsync($"{interfaces}{name}/public-ipv4s", cancel) is { Length: > 0 };
        }
        return new AttachedGroups([.. groups], isPublic);
    }

    static string[] Lines(string? text, int limit, Regex form, string what)
    {
        var lines = text?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return lines.Length is 0 || lines.Length > limit || !Array.TrueForAll(lines, line => form.IsMatch(line)) ? throw new IOException($"the instance metadata service gives no list of {what}") : lines;
    }

    public static bool IsGroupId(string text) => GroupId.IsMatch(text);

    [GeneratedRegex("^[!-~]{1,512}\\z", RegexOptions.None, 1000)]
    static partial Regex TokenForm { get; }

    [GeneratedRegex("^([0-9a-f]{2}:){5}[0-9a-f]{2}/?\\z", RegexOptions.ExplicitCapture, 1000)]
    static partial Regex HardwareAddress { get; }

    [GeneratedRegex("^sg-([0-9a-f]{8}|[0-9a-f]{17})\\z", RegexOptions.ExplicitCapture, 1000)]
    static partial Regex GroupId { get; }
}

/// <summary>The security groups that are attached now, sorted, and whether the instance has a public IPv4 address.</summary>
sealed record AttachedGroups(IReadOnlyList<string> Ids, bool IsPublic);
