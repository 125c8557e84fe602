using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>A Tomcat: one that runs on files of its own, one inside an application, or one at rest.</summary>
/// <param name="Subject">Its CATALINA_BASE, also while it rests; one inside an application is called by its process.</param>
/// <param name="Base">CATALINA_BASE; null where it runs inside an application (Grails, Spring Boot).</param>
/// <param name="Home">CATALINA_HOME, where known.</param>
/// <param name="Process">The JVM; null where it does not run, or that is not known.</param>
/// <param name="Obstacle">Why it is not known whether it runs, or null.</param>
sealed record Instance(string Subject, string? Base, string? Home, JavaProcess? Process, string? Obstacle)
{
    static readonly string[] ConnectorThreads = ["http-nio", "https-jsse", "https-openssl", "ajp-nio", "http-apr", "Catalina-utilit"];

    public bool IsEmbedded => Base is null;

    /// <summary>What follows a verdict on files whose Tomcat does not run.</summary>
    public string Rest => Process is not null ? "" : Obstacle is null ? " (it does not run)" : " (whether it runs cannot be seen)";

    // What Tomcat writes comes first: it belongs to the account that Tomcat will run as.
    static readonly string[] Places = ["webapps", "work", "temp", "", "conf", "conf/Catalina", "logs"];

    public string ConfigFile => Path.Combine(Base ?? "/", Process?.CommandLine.Config ?? "conf/server.xml");

    /// <summary>
    /// In whose place its files are read: the account that it runs as, or for one at rest whoever can change what it is started
    /// with. Paths, links and entities are theirs to write.
    /// </summary>
    public Reader Reader(Machine machine)
    {
        if (Process is not null) return Process.Reader;
        foreach (var path in Places.Select(place => $"{Base}/{place}".TrimEnd('/')).Append(ConfigFile))
            if (machine.Status(path) is { } status && !OthersMayWrite.IsRootsAlone(status))
                return new Reader($"whoever can write {path}", status.Uid == 0 ? null : status.Uid, new HashSet<uint> { status.Gid });
        return new Reader("root", 0, new HashSet<uint>());
    }

    /// <summary>All of the host, those that run first.</summary>
    /// <param name="obstacle">Why the processes cannot be seen, or null.</param>
    public static IReadOnlyList<Instance> Find(Machine machine, IReadOnlyList<JavaProcess> processes, string? obstacle, IEnumerable<string> configured)
    {
        var found = new List<Instance>();
        var known = new HashSet<string>();
        foreach (var process in processes)
        {
            if (process.IsCatalina)
            {
                var directory = Path.GetFullPath(process.CatalinaBase!, "/");
                known.Add(machine.Resolve(directory) ?? directory);
                found.Add(new Instance(directory, directory, process.Property("catalina.home"), process, null));
            }
            else if (ConnectorThreads.Any(process.HasThread)) found.Add(new Instance($"embedded in {process.Label}", null, null, process, null));
        }
        foreach (var directory in CatalinaBases.Find(machine, machine).Concat(configured).Select(path => path.TrimEnd('/')))
            if (known.Add(machine.Resolve(directory) ?? directory) && IsBase(machine, directory))
                found.Add(new Instance(directory, directory, HomeOf(machine, directory), null, obstacle));
        return found;
    }

    /// <summary>A directory that may not be looked into is one: what is in it is then unknown, not absent.</summary>
    static bool IsBase(Machine machine, string directory)
    {
        try
        {
            return machine.Status($"{directory}/conf/server.xml") is not null;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Of a tarball the base itself; of Debian's /var/lib/tomcatN /usr/share/tomcatN.</summary>
    static string? HomeOf(Machine machine, string directory) =>
        machine.Status($"{directory}/lib/catalina.jar") is not null ? directory
        : $"/usr/share/{Path.GetFileName(directory)}" is var shared && machine.Status($"{shared}/lib/catalina.jar") is not null ? shared
        : null;
}
