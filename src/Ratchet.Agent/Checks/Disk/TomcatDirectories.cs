using System.Text.RegularExpressions;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Where the Tomcats of the host keep what they are sent: <c>work</c>, <c>temp</c>, <c>logs</c> and <c>webapps</c> of each
/// CATALINA_BASE, which on Debian are links to elsewhere. Bases are found in units, in /etc/default, under /var/lib and on the
/// command lines of running JVMs.
/// </summary>
sealed partial class TomcatDirectories(Machine machine, Machine quiet)
{
    static readonly string[] Parts = ["work", "temp", "logs", "webapps"];

    public IReadOnlyList<DataDirectory> Find(string role)
    {
        var running = new RunningServers(quiet).Tomcats();
        var bases = Named().Concat((quiet.List("/var/lib") ?? []).Where(name => name.StartsWith("tomcat", StringComparison.Ordinal)).Select(name => "/var/lib/" + name))
            .Where(IsDirectory).Concat(running.Select(one => one.Base)).Distinct();
        DataDirectory[] found = [.. bases.SelectMany(PartsOf).Concat(running.Select(one => one.Temp).OfType<string>().Where(IsDirectory).Select(temp => new DataDirectory(temp, "Tomcat's java.io.tmpdir")))];
        return found.Length > 0 ? found : [new DataDirectory($"role {role}", "Tomcat", "no CATALINA_BASE was found in units, /etc/default, /var/lib and among the processes: name its directories in disk.data")];
    }

    IEnumerable<DataDirectory> PartsOf(string directory) =>
        IsDirectory(directory) ? Parts.Select(part => $"{directory}/{part}").Where(path => quiet.Status(path, follow: false) is not null).Select(path => new DataDirectory(path, "Tomcat " + path))
        : [new DataDirectory(directory, "Tomcat", $"a JVM runs with catalina.base {directory}, which is not a directory here: it may be one of a container")];

    bool IsDirectory(string path) => quiet.Status(path) is { Kind: FileKind.Directory };

    IEnumerable<string> Named()
    {
        var units = new UnitFiles(machine);
        var texts = units.Names(".service").Where(IsTomcat).SelectMany(unit => units.Read(unit) ?? []).Where(setting => setting.Key == "Environment").Select(setting => setting.Value)
            .Concat((machine.List("/etc/default") ?? []).Where(IsTomcat).Select(name => machine.ReadText("/etc/default/" + name) ?? ""));
        return texts.SelectMany(text => Base.Matches(text)).Select(match => match.Groups["path"].Value.TrimEnd('/'));
    }

    static bool IsTomcat(string name) => name.StartsWith("tomcat", StringComparison.Ordinal) || name.StartsWith("grails", StringComparison.Ordinal);

    [GeneratedRegex(@"^[^#\n]*\bCATALINA_BASE=[""']?(?<path>/[^""'\s]*)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    static partial Regex Base { get; }
}
