using System.Text.RegularExpressions;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>Which names of units and containers stay the same from one start to the next.</summary>
static partial class UnitName
{
    /// <summary>
    /// Not scopes (<c>session-12.scope</c>, <c>docker-….scope</c>), transient units (<c>run-u7.service</c>), one user's manager
    /// or instances named for a connection, a process or a random id.
    /// </summary>
    public static bool IsStable(string unit)
    {
        if (unit.EndsWith(".scope", StringComparison.Ordinal) || unit.StartsWith("user@", StringComparison.Ordinal) || Transient.IsMatch(unit)) return false;
        var at = unit.IndexOf('@', StringComparison.Ordinal);
        return at < 0 || !VolatileInstance.IsMatch(unit[(at + 1)..unit.LastIndexOf('.')]);
    }

    /// <summary>The container that a cgroup path names, or null: <c>docker:0123456789ab</c>, <c>lxc:web</c>, <c>machine:db</c>.</summary>
    public static string? Container(string controlGroup)
    {
        if (Hashed.Match(controlGroup) is { Success: true } hashed)
            return $"{Engine(hashed.Groups["engine"].ValueSpan)}:{hashed.Groups["id"].ValueSpan[..12]}";
        if (Named.Match(controlGroup) is not { Success: true } named) return null;
        return $"{(named.Groups["engine"].ValueSpan is "machine-" ? "machine" : "lxc")}:{named.Groups["id"].Value.Replace("\\x2d", "-", StringComparison.Ordinal)}";
    }

    static string Engine(ReadOnlySpan<char> word) => word switch
    {
        "cri-containerd" => "containerd",
        "libpod" or "libpod-payload" => "podman",
        "crio" => "crio",
        "" => "kubernetes",
        _ => "docker",
    };

    // systemd-run's names.
    [GeneratedRegex(@"^run-(u?\d+|r[0-9a-f]+|p\d+-i\d+)\.service$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    static partial Regex Transient { get; }

    // Accept=yes: NUMBER-LOCAL:PORT-REMOTE:PORT, or NUMBER-PID-UID; and hexadecimal ids of eight digits and more, UUIDs among them.
    [GeneratedRegex(@"^\d+-.*:\d+-|^\d+-\d+-\d+|^(?=.*\d)[0-9a-f-]{8,}$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    static partial Regex VolatileInstance { get; }

    // docker-ID.scope, /docker/ID (without systemd), cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope, kubepods/…/ID.
    [GeneratedRegex(@"/((?<engine>docker|cri-containerd|crio|libpod|libpod-payload)[-/]|kubepods/([^/]+/)*)(?<id>[0-9a-f]{64})(\.scope)?(/|$)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    static partial Regex Hashed { get; }

    [GeneratedRegex(@"/(?<engine>lxc\.payload\.|lxc/|machine-)(?<id>[^/]+?)(\.scope)?(/|$)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    static partial Regex Named { get; }
}
