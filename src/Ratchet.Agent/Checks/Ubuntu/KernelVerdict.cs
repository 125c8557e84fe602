using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Whether the kernel that runs is the newest that is installed of its kind, and no package has asked for a restart.</summary>
static class KernelVerdict
{
    const string Wish = "/run/reboot-required", Wishers = "/run/reboot-required.pkgs";
    const string Subject = "kernel";

    public static Finding Judge(Machine machine, AptState apt)
    {
        var wishers = machine.Status(Wish) is null ? null : (machine.ReadText(Wishers) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Order(StringComparer.Ordinal).ToArray();
        var running = machine.ReadText("/proc/sys/kernel/osrelease", 4096)?.Trim() ?? throw new IOException("/proc/sys/kernel/osrelease is missing");
        // "Ubuntu 6.8.0-50.51-generic 6.8.12": the version of the package that the kernel was built as.
        var signature = machine.ReadText("/proc/version_signature", 4096)?.Split(' ') is ["Ubuntu", var built, ..] ? built : null;
        return Judge(running, signature, apt.Kernels, wishers);
    }

    /// <param name="running"><c>6.8.0-50-generic</c>.</param>
    /// <param name="built"><c>6.8.0-50.51-generic</c>, or null where the kernel does not say it.</param>
    /// <param name="wishers">The packages that asked for a restart; null where none did.</param>
    internal static Finding Judge(string running, string? built, IReadOnlyDictionary<string, string> kernels, IReadOnlyList<string>? wishers)
    {
        var rule = UbuntuRules.RebootCurrent;
        var evidence = new Evidence { { "running", running }, { "askedFor", wishers } };
        var newer = running.Split('-', 3) is [_, _, var flavour] ? Newest(running, flavour, kernels) : null;
        evidence.Add("installed", newer);
        if (newer is not null) return Finding.Fail(rule, Subject, $"kernel {running} runs, {newer} is installed: the host has not been restarted since", evidence);
        if (wishers is not null) return Finding.Fail(rule, Subject, $"updates ask for a restart{(wishers.Count > 0 ? $": {string.Join(", ", wishers.Take(5))}" : "")}", evidence);
        var package = kernels.Keys.FirstOrDefault(name => Release(name) == running);
        if (package is null) return Finding.Unknown(rule, Subject, kernels.Count == 0 ? $"no package of a kernel is installed (a container?): whether {running} is current is not known here" : $"kernel {running} is of no installed package: whether it is current is not known", evidence);
        if (built is not null && running.Split('-', 3) is [_, _, var kind] && built.EndsWith("-" + kind, StringComparison.Ordinal) && DebianVersion.Compare(kernels[package], built[..^(kind.Length + 1)]) > 0)
            return Finding.Fail(rule, Subject, $"kernel {built} runs, {package} {kernels[package]} is installed: the host has not been restarted since", evidence);
        return Finding.Pass(rule, Subject, $"the running kernel {running} is the newest that is installed, and nothing asks for a restart", evidence);
    }

    /// <summary>The newest installed kernel of the same kind, where it is newer than the running one.</summary>
    static string? Newest(string running, string flavour, IReadOnlyDictionary<string, string> kernels) => kernels.Keys.Select(Release).OfType<string>()
        .Where(release => release.Split('-', 3) is [_, _, var other] && other == flavour && DebianVersion.Compare(release, running) > 0)
        .Aggregate((string?)null, (best, release) => best is null || DebianVersion.Compare(release, best) > 0 ? release : best);

    /// <summary><c>6.8.0-50-generic</c> of <c>linux-image-unsigned-6.8.0-50-generic</c>; null for meta packages.</summary>
    static string? Release(string package)
    {
        var rest = package["linux-image-".Length..];
        if (rest.StartsWith("unsigned-", StringComparison.Ordinal)) rest = rest["unsigned-".Length..];
        return rest.Length > 0 && char.IsAsciiDigit(rest[0]) && rest.Split('-', 3).Length == 3 ? rest : null;
    }
}
