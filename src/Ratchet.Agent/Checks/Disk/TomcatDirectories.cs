using System.Text.RegularExpressions;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Where the Tomcats of the host keep what they are sent: <c>work</c>, <c>temp</c>, <c>logs</c> and <c>webapps</c> of each
/// CATALINA_BASE, which on Debian are links to elsewhere. Bases are found in units, in /etc/default and under /var/lib.
/// </summary>
sealed partial class TomcatDirectories(Machine machine, Machine quiet)
{
    static readonly string[] Parts = ["work", "temp", "logs", "webapps"];

    public IReadOnlyList<DataDirectory> Find(string role)
    {
        var bases = Named().Concat((quiet.List("/var/lib") ?? []).Where(name => name.StartsWith("tomcat", StringComparison.Ordinal)).Select(name => "/var/lib/" + name))
            .Distinct().Where(directory => quiet.Status(directory) is { Kind: FileKind.Directory }).ToArray();
        var found = bases.SelectMany(directory => Parts.Select(part => $"{directory}/{part}").Where(path => quiet.Status(path, follow: false) is not null)
            .Select(path => new DataDirectory(path, "Tomcat " + path))).ToArray();
        return found.Length > 0 ? found : [new DataDirectory($"role {role}", "Tomcat", "no CATALINA_BASE was found in units, /etc/default and /var/lib: name its directories in disk.data")];
    }

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
