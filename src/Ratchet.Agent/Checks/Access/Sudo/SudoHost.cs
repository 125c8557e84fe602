using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access.Sudo;

/// <summary>
/// The names by which sudo knows the host. With <c>fqdn</c>, which Debian and Ubuntu build in, it asks the resolver for the full name of
/// the kernel's one, and both the full name and its first part are that answer's. The files tell the answer where /etc/hosts has it and
/// is asked first. sudo-rs and what a site built itself may go by the kernel's name alone.
/// </summary>
/// <param name="kernel">The name that the kernel has.</param>
/// <param name="full">What the resolver makes of it; null where the files do not tell.</param>
/// <param name="resolves">Whether sudo asks the resolver; null where that is not known.</param>
sealed class SudoHost(string kernel, string? full, bool? resolves)
{
    static readonly string[] OtherPrograms = ["/usr/local/bin/sudo", "/usr/bin/sudo-rs", "/usr/lib/cargo/bin/sudo"];

    /// <param name="defaults">What the files set.</param>
    public static SudoHost Of(Machine machine, string kernel, SudoDefaults defaults)
    {
        var isOther = OtherPrograms.Any(path => machine.Status(path) is not null);
        return new SudoHost(kernel, FullName(machine, kernel), isOther ? null : defaults.Flag("fqdn", true, one => one.Scope == DefaultsScope.All ? true : null));
    }

    /// <summary>Whether a name or pattern of sudoers is this host; null where it cannot be told.</summary>
    public bool? Is(string pattern)
    {
        var (byKernel, byFull) = (Matches(pattern, kernel), ByFull(pattern));
        return resolves is { } asks ? asks ? byFull : byKernel : byKernel == byFull ? byKernel : null;
    }

    bool? ByFull(string pattern)
    {
        if (full is not null) return Matches(pattern, full);
        var byKernel = Matches(pattern, kernel);
        var isOpen = IsDotted(pattern) && !IsDotted(kernel);
        return isOpen && byKernel == false ? (Matches(pattern.Split('.')[0], kernel) == false ? false : null) : byKernel;
    }

    /// <summary>A pattern without a dot is held against the first part of the name.</summary>
    static bool? Matches(string pattern, string name)
    {
        var (lower, held) = (pattern.ToLowerInvariant(), (IsDotted(pattern) ? name : name.Split('.')[0]).ToLowerInvariant());
        return Wildcard.Matches(lower, held) ? true : lower.AsSpan().IndexOfAny("[]") >= 0 ? null : false;
    }

    static bool IsDotted(string name) => name.Contains('.', StringComparison.Ordinal);

    /// <summary>The first name of the line of /etc/hosts that has the kernel's (hosts(5)).</summary>
    static string? FullName(Machine machine, string kernel)
    {
        var order = (machine.ReadText("/etc/nsswitch.conf") ?? "").Split('\n').FirstOrDefault(line => line.StartsWith("hosts:", StringComparison.Ordinal));
        if (order is null || order[6..].Split(' ', '\t').FirstOrDefault(word => word.Length > 0) != "files") return null;
        var found = (machine.ReadText("/etc/hosts") ?? "").Split('\n').Select(line => line.Split('#')[0].Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Skip(1).Contains(kernel, StringComparer.OrdinalIgnoreCase)).Select(words => words[1]).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        // Lines that differ are one per family of addresses, of which sudo takes the first that comes.
        return found is [var only] ? only : null;
    }
}
