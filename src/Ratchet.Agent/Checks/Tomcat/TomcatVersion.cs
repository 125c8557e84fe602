using System.Globalization;
using System.Text.RegularExpressions;
using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>The version of a Tomcat by the jar that it has open, or would open: what it calls itself can be overridden.</summary>
/// <param name="Number"><c>10.1.60</c>.</param>
/// <param name="Jar">The jar that tells it.</param>
/// <param name="Replaced">The jar was removed or replaced since it was opened.</param>
sealed partial record TomcatVersion(string Number, string Jar, bool Replaced)
{
    /// <summary>The jar lies in a container: the packages of this host do not tell of it.</summary>
    public bool IsElsewhere { get; private init; }

    /// <summary>Most descriptors of a process that are looked at: jars and logs are opened at the start.</summary>
    public const int DescriptorLimit = 4096;

    const string DeletedMark = " (deleted)";

    public (int Major, int Minor, int Patch) Parts { get; } =
        Number.Split('.', '-') is [var major, var minor, var patch, ..] ? (Int(major), Int(minor), Int(patch)) : (0, 0, 0);

    /// <summary>AJP is bound to loopback and asks for a secret where nothing is said: since CVE-2020-1938.</summary>
    public bool HasSafeAjp => Parts switch { ( >= 10, _, _) => true, (9, _, var patch) => patch >= 31, (8, 5, var patch) => patch >= 51, (7, _, var patch) => patch >= 100, _ => false };

    /// <summary>A Realm keeps digests where its attribute <c>digest</c> says so: 8.5 took that out, and ignores it.</summary>
    public bool HasRealmDigest => Parts switch { (0, _, _) or ( > 8, _, _) => false, (8, var minor, _) => minor == 0, _ => true };

    /// <summary>Null where it is not known.</summary>
    public static TomcatVersion? Find(Machine machine, Instance instance)
    {
        try
        {
            return (instance.Process is { } process ? OfProcess(machine.Unwatched(), process) : null)
                ?? (instance.Home is { } home && machine.Resolve($"{home}/lib/catalina.jar") is { } jar ? OfJar(machine.ReadingAs(instance.Reader(machine)), jar, jar, replaced: false) : null);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Jars are read through the descriptor: by its path it may be another one, in a container or after an upgrade.</summary>
    static TomcatVersion? OfProcess(Machine machine, JavaProcess process)
    {
        var open = (machine.ListNumbers($"/proc/{process.Pid}/fd") ?? []).Take(DescriptorLimit).Select(name => $"/proc/{process.Pid}/fd/{name}")
            .Select(descriptor => (Descriptor: descriptor, Link: machine.ReadLink(descriptor) ?? "")).Select(file => (file.Descriptor, Path: file.Link.Replace(DeletedMark, "", StringComparison.Ordinal), Replaced: file.Link.EndsWith(DeletedMark, StringComparison.Ordinal))).ToArray();
        foreach (var (descriptor, path, replaced) in open)
            if (IsCatalina(Path.GetFileName(path)) && OfJar(machine, descriptor, path, replaced) is { } version) return version with { IsElsewhere = process.IsElsewhere };
        // Inside an application: jars in its jar, of which only the outer one is open.
        if (process.CommandLine.Jar is not { } jar) return null;
        foreach (var (descriptor, path, replaced) in open)
            if (Path.GetFileName(path) == Path.GetFileName(jar)) return Nested(machine, descriptor, path, replaced);
        return null;
    }

    static bool IsCatalina(string name) => name == "catalina.jar" || Named.IsMatch(name);

    /// <summary>By the name of the jar, and where that has no number by its manifest.</summary>
    static TomcatVersion? OfJar(Machine machine, string file, string path, bool replaced)
    {
        if (Named.Match(Path.GetFileName(path)) is { Success: true } match) return new TomcatVersion(match.Groups["version"].Value, path, replaced);
        using var jar = JarFile.Open(machine, file);
        var line = jar?.Read("META-INF/MANIFEST.MF")?.Split('\n').FirstOrDefault(line => line.StartsWith("Implementation-Version:", StringComparison.Ordinal));
        return line is null ? null : new TomcatVersion(line[23..].Trim(), path, replaced);
    }

    static TomcatVersion? Nested(Machine machine, string file, string path, bool replaced)
    {
        using var jar = JarFile.Open(machine, file);
        var match = (jar?.Names() ?? []).Select(name => Named.Match(Path.GetFileName(name))).FirstOrDefault(match => match.Success);
        return match is null ? null : new TomcatVersion(match.Groups["version"].Value, path, replaced);
    }

    static int Int(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    // tomcat10-catalina-10.1.60.jar (Debian), tomcat-embed-core-10.1.60.jar, tomcat-catalina-10.1.60.jar (Maven).
    [GeneratedRegex(@"^tomcat(\d+|-embed)?-(catalina|core)-(?<version>\d+\.\d+\.\d+[\w.-]*)\.jar$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    static partial Regex Named { get; }
}
