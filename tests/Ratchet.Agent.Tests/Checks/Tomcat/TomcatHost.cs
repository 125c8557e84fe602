using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tomcat;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Checks.Jvm;

namespace Ratchet.Agent.Tests.Checks.Tomcat;

/// <summary>A recorded host with a hardened Tomcat in the layout of Debian, running or at rest, to be changed by a test.</summary>
sealed class TomcatHost : IDisposable
{
    public const string Base = "/var/lib/tomcat10", Home = "/usr/share/tomcat10", Jar = "/usr/share/java/tomcat10-catalina-10.1.60.jar";
    public const int Pid = 900;

    public const string Error = "<Valve className=\"org.apache.catalina.valves.ErrorReportValve\" showReport=\"false\" showServerInfo=\"false\"/>";
    public const string Log = "<Valve className=\"org.apache.catalina.valves.AccessLogValve\" directory=\"logs\"/>";
    public const string Tls = "<Connector port=\"8443\" SSLEnabled=\"true\" scheme=\"https\" secure=\"true\"/>";

    public TomcatHost(bool runs = true)
    {
        Java = new JavaHost();
        Server(Connectors: Tls);
        Java.Write($"{Base}/conf/context.xml", "<Context/>", "0640 root:tomcat");
        Java.Write($"{Base}/conf/tomcat-users.xml", "<tomcat-users><!-- <user username=\"a\" password=\"b\" roles=\"manager-gui\"/> --></tomcat-users>", "0640 root:tomcat");
        Java.Write($"{Base}/conf/catalina.properties", "# none\n", "0640 root:tomcat");
        foreach (var directory in new[] { "", "/conf" }) Java.List(Base + directory, "0755 root:root");
        foreach (var (directory, mode) in new[] { ("webapps", "0775 tomcat:tomcat"), ("lib", "0755 tomcat:tomcat"), ("logs", "2770 tomcat:adm") })
        {
            Directory.CreateDirectory($"{Java.Root}{Base}/{directory}");
            Java.List($"{Base}/{directory}", mode);
        }
        Java.Write(Jar, "", "0644 root:root");
        Java.Link($"{Home}/lib/catalina.jar", "../../java/tomcat10-catalina-10.1.60.jar");
        Java.List($"{Home}/lib", "0755 root:root");
        Java.List($"{Home}/lib/catalina.jar", "0644 root:root");
        Java.Write("/var/lib/dpkg/info/libtomcat10-java.list", $"/.\n{Jar}\n");
        if (runs) Run();
    }

    public JavaHost Java { get; }

    public void Dispose() => Java.Dispose();

    /// <summary>Starts it, with threads and sockets of the connectors that are named.</summary>
    public void Run(string[]? options = null, string[]? threads = null, params string[] sockets)
    {
        Java.Jvm(Pid, ["-Dcatalina.base=" + Base, "-Dcatalina.home=" + Home, .. options ?? [], "org.apache.catalina.startup.Bootstrap", "start"], "tomcat10.service", threads ?? ["https-jsse-nio-", "Catalina-utilit"]);
        Java.Listen(Pid, sockets.Length > 0 ? sockets : [Any(8443)]);
        Java.Link($"/proc/{Pid}/fd/5", Jar);
        Java.Link($"/proc/{Pid}/fd/6", $"{Base}/logs/access_log.2026-11-21");
    }

    public static string Any(int port) => $"00000000000000000000000000000000:{port:X4}";

    /// <summary>127.0.0.1 as Java binds it.</summary>
    public static string Loopback(int port) => $"0000000000000000FFFF00000100007F:{port:X4}";

    /// <summary>Writes server.xml from its parts.</summary>
    public void Server(string Connectors = Tls, string Engine = "", string Host = Error + Log, string HostAttributes = "autoDeploy=\"false\"", string ServerAttributes = "port=\"-1\"", string Resources = "", string Prologue = "", DateTimeOffset? time = null) =>
        Java.Write($"{Base}/conf/server.xml", $"""
            <?xml version="1.0" encoding="UTF-8"?>
            {Prologue}
            <Server {ServerAttributes}>
              <GlobalNamingResources>{Resources}</GlobalNamingResources>
              <Service name="Catalina">
                {Connectors}
                <Engine name="Catalina" defaultHost="localhost">
                  {Engine}
                  <Host name="localhost" appBase="webapps" {HostAttributes}>{Host}</Host>
                </Engine>
              </Service>
            </Server>
            """, "0640 root:tomcat", time);

    public async Task<IReadOnlyList<Finding>> CheckAsync(TomcatSettings? settings = null) => await Java.CheckAsync(new TomcatCheck(settings ?? new TomcatSettings()));

    public Task<Finding> AssertAsync(Rule rule, Outcome outcome, string words) => Java.AssertAsync(new TomcatCheck(new TomcatSettings()), rule, outcome, words);

    public Task<Finding> AssertAsync(Rule rule, string outcome, string words) => AssertAsync(rule, Enum.Parse<Outcome>(outcome), words);
}
