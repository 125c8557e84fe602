using Ratchet.Agent.Checks.Tomcat;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Where the Tomcats of the host keep what they are sent: <c>work</c>, <c>temp</c>, <c>logs</c> and <c>webapps</c> of each
/// CATALINA_BASE, which on Debian are links to elsewhere, and applications that are linked into <c>webapps</c>. Bases are found where <see cref="CatalinaBases"/> looks, and on the
/// command lines of running JVMs.
/// </summary>
sealed class TomcatDirectories(Machine machine, Machine quiet)
{
    static readonly string[] Parts = ["work", "temp", "logs", "webapps"];

    public IReadOnlyList<DataDirectory> Find(string role)
    {
        var running = new RunningServers(quiet).Tomcats();
        var bases = CatalinaBases.Find(machine, quiet).Concat(running.Select(one => one.Base)).Distinct();
        DataDirectory[] found = [.. bases.SelectMany(PartsOf).Concat(running.Select(one => one.Temp).OfType<string>().Where(IsDirectory).Select(temp => new DataDirectory(temp, "Tomcat's java.io.tmpdir")))];
        return found.Length > 0 ? found : [new DataDirectory($"role {role}", "Tomcat", "no CATALINA_BASE was found in units, /etc/default, /var/lib, /opt and /srv, and among the processes: name its directories in disk.data")];
    }

    IEnumerable<DataDirectory> PartsOf(string directory) =>
        IsDirectory(directory)
            ? Parts.Select(part => $"{directory}/{part}").Where(path => quiet.Status(path, follow: false) is not null).Select(path => new DataDirectory(path, "Tomcat " + path))
                .Concat(DataDirectory.LinkedIn(quiet, directory + "/webapps", $"Tomcat {directory}/webapps"))
            : [new DataDirectory(directory, "Tomcat", $"a JVM runs with catalina.base {directory}, which is not a directory here: it may be one of a container")];

    bool IsDirectory(string path) => quiet.Status(path) is { Kind: FileKind.Directory };
}
