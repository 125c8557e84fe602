using Ratchet.Agent.Checks.Tomcat;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Where the Tomcats of the host keep what they are sent: <c>work</c>, <c>temp</c>, <c>logs</c> and <c>webapps</c> of each
/// CATALINA_BASE, which on Debian are links to elsewhere.
/// </summary>
sealed class TomcatDirectories(Machine machine, Machine quiet)
{
    static readonly string[] Parts = ["work", "temp", "logs", "webapps"];

    public IReadOnlyList<DataDirectory> Find(string role)
    {
        var found = CatalinaBases.Find(machine, quiet).SelectMany(directory => Parts.Select(part => $"{directory}/{part}").Where(path => quiet.Status(path, follow: false) is not null)
            .Select(path => new DataDirectory(path, "Tomcat " + path))).ToArray();
        return found.Length > 0 ? found : [new DataDirectory($"role {role}", "Tomcat", "no CATALINA_BASE was found in units, /etc/default, /var/lib, /opt and /srv: name its directories in disk.data")];
    }
}
