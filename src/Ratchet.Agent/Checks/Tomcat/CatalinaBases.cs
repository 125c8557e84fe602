using System.Text.RegularExpressions;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// The CATALINA_BASEs that a host names or has where packages and tarballs put them, running or not: in units, in /etc/default, in
/// /var/lib, /opt and /srv.
/// </summary>
static partial class CatalinaBases
{
    static readonly string[] Places = ["/var/lib", "/opt", "/srv", "/usr/local"];

    /// <param name="machine">For configuration, which is watched.</param>
    /// <param name="quiet">For directories that change all the time.</param>
    /// <returns>Directories that are there, each once.</returns>
    public static IReadOnlyList<string> Find(Machine machine, Machine quiet) =>
        [.. Named(machine).Concat(Places.SelectMany(place => (quiet.List(place) ?? []).Where(IsTomcat).Select(name => $"{place}/{name}")))
            .Distinct().Where(directory => quiet.Status(directory) is { Kind: FileKind.Directory })];

    static IEnumerable<string> Named(Machine machine)
    {
        var units = new UnitFiles(machine);
        var texts = units.Names(".service").Where(IsTomcat).SelectMany(unit => units.Read(unit) ?? []).Where(setting => setting.Key is "Environment" or "ExecStart").Select(setting => setting.Value)
            .Concat((machine.List("/etc/default") ?? []).Where(IsTomcat).Select(name => machine.ReadText("/etc/default/" + name) ?? ""));
        return texts.SelectMany(text => Base.Matches(text)).Select(match => match.Groups["path"].Value.TrimEnd('/'));
    }

    static bool IsTomcat(string name) =>
        name.StartsWith("tomcat", StringComparison.Ordinal) || name.StartsWith("grails", StringComparison.Ordinal) || name.StartsWith("apache-tomcat", StringComparison.Ordinal);

    [GeneratedRegex(@"^[^#\n]*(\bCATALINA_BASE=|-Dcatalina\.base=)[""']?(?<path>/[^""'\s]*)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    static partial Regex Base { get; }
}
