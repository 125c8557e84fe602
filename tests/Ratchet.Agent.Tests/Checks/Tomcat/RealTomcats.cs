using System.Diagnostics;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Checks.Tomcat;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tomcat;

/// <summary>
/// Real Tomcats of the distribution, each in a network namespace of its own (ports are free there, and nobody else can come to
/// them): one as it should be, one with everything wrong, one to be changed. Started once for all tests of a class.
/// </summary>
public sealed class RealTomcats : IAsyncLifetime, IDisposable
{
    const string Valves = "<Valve className=\"org.apache.catalina.valves.ErrorReportValve\" showReport=\"false\" showServerInfo=\"false\"/><Valve className=\"org.apache.catalina.valves.AccessLogValve\"/>";

    readonly List<Process> processes = [];
    readonly Folder folder = new();
    readonly Machine machine = new("/", Command.RunAsync);

    public static string? Home { get; } = new[] { "/usr/share/tomcat11", "/usr/share/tomcat10", "/usr/share/tomcat9" }.FirstOrDefault(home => File.Exists(home + "/bin/catalina.sh") && File.Exists(home + "/lib/catalina.jar"));

    public string Good => folder["good"];

    public string Bad => folder["bad"];

    /// <summary>A third, whose server.xml a test changes.</summary>
    public string Changed => folder["changed"];

    public async Task InitializeAsync()
    {
        if (Home is null || Libc.EffectiveUser != 0) return;
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
        WriteGood();
        WriteBad();
        WriteSmall();
        // A file of the same moment as the start is not known to be older.
        await Task.Delay(TimeSpan.FromSeconds(3));
        processes.Add(Start(Good, []));
        processes.Add(Start(Bad, new() { ["JAVA_TOOL_OPTIONS"] = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:5005", ["JDK_JAVA_OPTIONS"] = $"@{Bad}/jmx.args", ["CATALINA_OPTS"] = "-Ddb.password=hunter2 -Dajp.port=8209" }));
        processes.Add(Start(Changed, []));
        await Wait.UntilAsync(() => Listens(processes[0].Id, 8443) && Listens(processes[1].Id, 8080) && Listens(processes[1].Id, 7199) && Listens(processes[2].Id, 8080) && HasThread(processes[0].Id, "https-") && HasThread(processes[1].Id, "http-nio-8080-A"), $"the Tomcats listen; logs: {Log("good")}{Log("bad")}", seconds: 180);
    }

    public async Task DisposeAsync()
    {
        foreach (var process in processes)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    public void Dispose() => folder.Dispose();

    /// <summary>What both checks say of one of them, and nothing of what else runs here.</summary>
    internal async Task<IReadOnlyList<Finding>> JudgeAsync(string directory)
    {
        var findings = new List<Finding>();
        foreach (var check in new ICheck[] { new JvmCheck(), new TomcatCheck(new TomcatSettings()) })
            findings.AddRange((await check.RunAsync(machine, CancellationToken.None)).Where(finding => finding.Subject.Contains(directory, StringComparison.Ordinal)));
        return findings;
    }

    void WriteGood()
    {
        Run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "2", "-keyout", folder["key.pem"], "-out", folder["certificate.pem"]);
        folder.Write("good/conf/catalina.properties", File.ReadAllText(PropertiesOf(Home!)) + "\nhttps.port=8443\n");
        folder.Write("good/conf/server.xml", $"""
            <?xml version="1.0"?>
            <!DOCTYPE Server [ <!ENTITY valves SYSTEM "valves.ent"> ]>
            <Server port="-1">
              <Service name="Catalina">
                <!-- <Connector port="8080"/> -->
                <Connector port="$[https.port]" SSLEnabled="true"><SSLHostConfig><Certificate certificateKeyFile="conf/key.pem" certificateFile="conf/certificate.pem" type="EC"/></SSLHostConfig></Connector>
                <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" autoDeploy="false">&valves;</Host></Engine>
              </Service>
            </Server>
            """.Replace("$[https.port]", "${https.port}", StringComparison.Ordinal));
        folder.Write("good/conf/valves.ent", Valves);
        foreach (var name in new[] { "key.pem", "certificate.pem" }) File.Move(folder[name], folder["good/conf/" + name]);
        Lay("good");
    }

    void WriteBad()
    {
        folder.Write("bad/conf/catalina.properties", File.ReadAllText(PropertiesOf(Home!)));
        folder.Write("bad/conf/server.xml", """
            <Server port="8005">
              <GlobalNamingResources><Resource name="UserDatabase" auth="Container" type="org.apache.catalina.UserDatabase" factory="org.apache.catalina.users.MemoryUserDatabaseFactory" pathname="conf/tomcat-users.xml"/></GlobalNamingResources>
              <Service name="Catalina">
                <Connector port="8080" scheme="https" secure="true"/>
                <Connector protocol="AJP/1.3" port="${ajp.port}" address="0.0.0.0" secretRequired="false"/>
                <Engine name="Catalina" defaultHost="localhost">
                  <Realm className="org.apache.catalina.realm.UserDatabaseRealm" resourceName="UserDatabase"/>
                  <Host name="localhost" appBase="webapps"/>
                </Engine>
              </Service>
            </Server>
            """);
        folder.Write("bad/conf/tomcat-users.xml", "<tomcat-users><user username=\"admin\" password=\"hunter2\" roles=\"manager-gui\"/></tomcat-users>");
        folder.Write("bad/webapps/tools/WEB-INF/web.xml", "<web-app><servlet><servlet-name>x</servlet-name><servlet-class>org.apache.catalina.manager.StatusManagerServlet</servlet-class></servlet></web-app>");
        folder.Write("bad/java_pid1.hprof", "");
        folder.Write("bad/jmx.args", "-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false");
        Lay("bad");
        File.SetUnixFileMode(folder["bad/conf"], (UnixFileMode)Convert.ToInt32("775", 8));
        File.SetUnixFileMode(folder["bad/java_pid1.hprof"], (UnixFileMode)Convert.ToInt32("644", 8));
    }

    void WriteSmall()
    {
        folder.Write("changed/conf/catalina.properties", File.ReadAllText(PropertiesOf(Home!)));
        folder.Write("changed/conf/server.xml", "<Server port=\"-1\"><Service name=\"Catalina\"><Connector port=\"8080\"/><Engine name=\"Catalina\" defaultHost=\"h\"><Host name=\"h\"/></Engine></Service></Server>");
        Lay("changed");
    }

    /// <summary>Owners and modes as Debian has them: root's, for the group to read; what Tomcat writes is its own.</summary>
    void Lay(string name)
    {
        foreach (var part in new[] { "logs", "work", "temp", "webapps" }) Directory.CreateDirectory(folder[$"{name}/{part}"]);
        Run("chown", "-R", "0:65534", folder[name]);
        Run("chmod", "-R", "u=rwX,g=rX,o=", folder[name]);
        Run("chmod", "755", folder[name]);
        foreach (var part in new[] { "logs", "work", "temp", "webapps" }) Run("chown", "-R", "65534:65534", folder[$"{name}/{part}"]);
    }

    static Process Start(string directory, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("/usr/bin/unshare", ["--net", "/bin/sh", "-c", $"ip link set lo up 2>/dev/null; exec setpriv --reuid=65534 --regid=65534 --clear-groups {Home}/bin/catalina.sh run >{directory}/logs/out 2>&1"]) { UseShellExecute = false, WorkingDirectory = directory };
        (start.Environment["CATALINA_HOME"], start.Environment["CATALINA_BASE"], start.Environment["JAVA_OPTS"]) = (Home, directory, "-Xmx64m -XX:TieredStopAtLevel=1");
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    bool Listens(int pid, int port)
    {
        try
        {
            return DaemonAddress.Of(machine, pid).Any(address => address.Port == port);
        }
        catch (IOException)
        {
            return false;
        }
    }

    static bool HasThread(int pid, string start) => Directory.Exists($"/proc/{pid}/task")
        && Directory.GetDirectories($"/proc/{pid}/task").Any(task => File.Exists(task + "/comm") && File.ReadAllText(task + "/comm").StartsWith(start, StringComparison.Ordinal));

    string Log(string name) => File.Exists(folder[$"{name}/logs/out"]) ? File.ReadAllText(folder[$"{name}/logs/out"]) : "none yet";

    static string PropertiesOf(string home) => new[] { $"{home}/etc/catalina.properties", $"{home}/conf/catalina.properties", $"/etc/{Path.GetFileName(home)}/catalina.properties" }.FirstOrDefault(File.Exists) ?? "/dev/null";

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program}: {error}");
    }
}
