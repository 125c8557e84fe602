using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tomcat;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tomcat;

/// <summary>Virtual hosts, manager, users, files, releases.</summary>
public sealed class HostAndFileTests : IDisposable
{
    const string Users = "<Realm className=\"org.apache.catalina.realm.LockOutRealm\"><Realm className=\"org.apache.catalina.realm.UserDatabaseRealm\" resourceName=\"UserDatabase\">HANDLER</Realm></Realm>";
    const string Database = "<Resource name=\"UserDatabase\" factory=\"org.apache.catalina.users.MemoryUserDatabaseFactory\" pathname=\"conf/tomcat-users.xml\"/>";
    const string Cidr = "<Context><Valve className=\"org.apache.catalina.valves.RemoteCIDRValve\" allow=\"127.0.0.0/8, ::1/128\"/></Context>";

    const string ManagerServlet = "<web-app><servlet><servlet-class>org.apache.catalina.manager.HTMLManagerServlet</servlet-class></servlet></web-app>";

    readonly TomcatHost host = new();

    public void Dispose() => host.Dispose();

    [Theory]
    [InlineData("autoDeploy=\"false\"", nameof(Outcome.Pass))]
    [InlineData("autoDeploy=\"true\"", nameof(Outcome.Fail))]
    [InlineData("", nameof(Outcome.Fail))]
    [InlineData("autoDeploy=\"${deploy}\"", nameof(Outcome.Unknown))]
    public async Task Automatic_deployment_is_on_where_nothing_is_said(string attributes, string outcome)
    {
        host.Server(HostAttributes: attributes);
        await host.AssertAsync(TomcatRules.AutoDeployOff, outcome, "");
    }

    [Theory]
    [InlineData(TomcatHost.Error, "", nameof(Outcome.Pass), "neither version")]
    [InlineData("", "", nameof(Outcome.Fail), "no ErrorReportValve")]
    [InlineData("<!-- " + TomcatHost.Error + " -->", "", nameof(Outcome.Fail), "no ErrorReportValve")]
    [InlineData("<Valve className=\"org.apache.catalina.valves.ErrorReportValve\" showReport=\"false\"/>", "", nameof(Outcome.Fail), "does not set")]
    [InlineData("<Valve className=\"org.apache.catalina.valves.ErrorReportValve\" showServerInfo=\"false\"/>", "", nameof(Outcome.Pass), "stack traces")]
    [InlineData("", "errorReportValveClass=\"org.example.Valve\"", nameof(Outcome.Unknown), "not Tomcat's own")]
    [InlineData("<Valve className=\"org.apache.catalina.valves.JsonErrorReportValve\"/>", "", nameof(Outcome.Fail), "no ErrorReportValve")]
    [InlineData("<Valve className=\"org.apache.catalina.valves.JsonErrorReportValve\"/>" + TomcatHost.Error, "", nameof(Outcome.Pass), "neither version")]
    [InlineData("", "errorReportValveClass=\"org.apache.catalina.valves.JsonErrorReportValve\"", nameof(Outcome.Pass), "JSON")]
    public async Task Error_pages_tell_the_version_unless_told_not_to(string valve, string attributes, string outcome, string words)
    {
        host.Server(Host: valve, HostAttributes: attributes);
        await host.AssertAsync(TomcatRules.VersionHidden, outcome, words);
    }

    [Fact]
    public async Task An_overridden_name_hides_the_version_and_is_not_believed()
    {
        host.Server(Host: "");
        host.Java.Write($"{TomcatHost.Base}/lib/org/apache/catalina/util/ServerInfo.properties", "server.info=WebServer\nserver.number=0.0.0.0\n");
        await host.AssertAsync(TomcatRules.VersionHidden, Outcome.Pass, "overridden");
        await host.AssertAsync(TomcatRules.Supported, Outcome.Pass, "10.1.60 of libtomcat10-java");
    }

    [Theory]
    [InlineData(TomcatHost.Log, "", "<Context/>", nameof(Outcome.Pass))]
    [InlineData("", TomcatHost.Log, "<Context/>", nameof(Outcome.Pass))]
    [InlineData("", "", "<Context>" + TomcatHost.Log + "</Context>", nameof(Outcome.Pass))]
    [InlineData("", "", "<Context/>", nameof(Outcome.Fail))]
    [InlineData("<Valve className=\"org.apache.catalina.valves.AccessLogValve\" enabled=\"false\"/>", "", "<Context/>", nameof(Outcome.Fail))]
    [InlineData("<Valve className=\"org.apache.catalina.valves.AccessLogValve\" condition=\"quiet\"/>", "", "<Context/>", nameof(Outcome.Unknown))]
    [InlineData("", "", "<Context", nameof(Outcome.Unknown))]
    public async Task Requests_are_logged_by_host_engine_or_every_context(string inHost, string inEngine, string context, string outcome)
    {
        host.Server(Host: inHost, Engine: inEngine);
        host.Java.Write($"{TomcatHost.Base}/conf/context.xml", context, "0640 root:tomcat");
        await host.AssertAsync(TomcatRules.AccessLogged, outcome, "");
    }

    [Fact]
    public async Task A_valve_without_an_open_file_logs_nothing_and_one_whose_file_was_removed_neither()
    {
        host.Server(Host: TomcatHost.Error + TomcatHost.Log.Replace("/>", " prefix=\"requests\"/>", StringComparison.Ordinal));
        await host.AssertAsync(TomcatRules.AccessLogged, Outcome.Unknown, "no file open whose name begins with requests");
        host.Java.Link($"/proc/{TomcatHost.Pid}/fd/6", $"{TomcatHost.Base}/logs/requests.2026-11-21 (deleted)");
        await host.AssertAsync(TomcatRules.AccessLogged, Outcome.Unknown, "was removed");
        host.Java.Link($"/proc/{TomcatHost.Pid}/fd/6", $"{TomcatHost.Base}/logs/requests.2026-11-21");
        await host.AssertAsync(TomcatRules.AccessLogged, Outcome.Pass, "requests are logged");
    }

    [Fact]
    public async Task A_key_is_never_opened_and_its_password_never_used()
    {
        host.Server("<Connector port=\"8443\" SSLEnabled=\"true\"><SSLHostConfig><Certificate certificateKeystoreFile=\"conf/key.p12\" certificateKeystorePassword=\"hunter2\"/></SSLHostConfig></Connector>");
        // Whoever opens it gets an error.
        Directory.CreateDirectory($"{host.Java.Root}{TomcatHost.Base}/conf/key.p12");
        host.Java.List($"{TomcatHost.Base}/conf/key.p12", "0600 root:root");
        Assert.All(await host.CheckAsync(), finding => Assert.DoesNotContain("hunter2", finding.Message + finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal));
        await host.AssertAsync(TomcatRules.FilesProtected, Outcome.Pass, "");
    }

    [Fact]
    public async Task Debians_manager_is_found_though_it_does_not_lie_in_webapps_and_its_own_valve_does_not_count()
    {
        Manager("/usr/share/tomcat10-admin/manager", Cidr);
        // Measured: with this descriptor Tomcat does not read META-INF/context.xml.
        Descriptor("manager", "<Context path=\"/manager\" docBase=\"/usr/share/tomcat10-admin/manager\"/>");
        var finding = await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Fail, "/usr/share/tomcat10-admin/manager");
        Assert.Equal("/var/lib/tomcat10 /manager", finding.Subject);
        Descriptor("manager", $"<Context docBase=\"/usr/share/tomcat10-admin/manager\">{Cidr[9..^10]}</Context>");
        await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Pass, "named addresses");
    }

    [Theory]
    [InlineData("RemoteCIDRValve\" allow=\"10.0.0.0/8\"", nameof(Outcome.Pass))]
    [InlineData("RemoteCIDRValve\" allow=\"10.0.0.0/8,0.0.0.0/0\"", nameof(Outcome.Fail))]
    [InlineData("RemoteCIDRValve\" allow=\"::/0\"", nameof(Outcome.Fail))]
    [InlineData("RemoteCIDRValve\" allow=\"intranet\"", nameof(Outcome.Unknown))]
    [InlineData("RemoteCIDRValve\" deny=\"10.0.0.0/8\"", nameof(Outcome.Fail))]
    [InlineData("RemoteAddrValve\" allow=\"127\\.\\d+\\.\\d+\\.\\d+|::1|0:0:0:0:0:0:0:1\"", nameof(Outcome.Pass))]
    [InlineData("RemoteAddrValve\" allow=\"^.*$\"", nameof(Outcome.Fail))]
    [InlineData("RemoteAddrValve\" allow=\"127\\.0\\.0\\.1|\\d+\\.\\d+\\.\\d+\\.\\d+\"", nameof(Outcome.Fail))]
    [InlineData("RemoteHostValve\" allow=\"admin\\.example\\.org\"", nameof(Outcome.Unknown))]
    [InlineData("AccessLogValve\" allow=\"10.0.0.0/8\"", nameof(Outcome.Fail))]
    public async Task A_manager_in_webapps_is_judged_by_the_valve_that_comes_with_it(string valve, string outcome)
    {
        Manager($"{TomcatHost.Base}/webapps/renamed", $"<Context><Valve className=\"org.apache.catalina.valves.{valve}/></Context>");
        var finding = await host.AssertAsync(TomcatRules.ManagerRestricted, outcome, "it is deployed");
        Assert.Equal("/var/lib/tomcat10 /renamed", finding.Subject);
    }

    [Theory]
    [InlineData("/var/lib/tomcat10/webapps/manager##2.war", "/var/lib/tomcat10 /manager//2")]
    [InlineData("/var/lib/tomcat10/webapps/ops.WAR", "/var/lib/tomcat10 /ops")]
    public async Task A_manager_in_an_archive_is_found_by_what_is_in_it(string path, string subject)
    {
        host.Java.Archive(path, ("WEB-INF/web.xml", ManagerServlet), ("META-INF/context.xml", "<Context/>"));
        Assert.Equal(subject, (await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Fail, path)).Subject);
        host.Java.Archive(path, ("WEB-INF/web.xml", ManagerServlet), ("META-INF/context.xml", Cidr));
        await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Pass, "named addresses");
        host.Java.Archive(path, ("WEB-INF/web.xml", "<web-app/>"));
        await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Pass, "no manager application");
        host.Java.Archive(path, ("WEB-INF/web.xml", new string(' ', 1 << 20) + ManagerServlet));
        await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Unknown, "more than the");
        host.Java.Write(path, "rubbish");
        await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Unknown, "cannot be seen");
    }

    [Theory]
    [InlineData("", "/conf/Catalina/localhost")]
    [InlineData("xmlBase=\"/etc/x\"", "/etc/x")]
    [InlineData("xmlBase=\"conf/hosts\"", "/conf/hosts")]
    public async Task A_descriptor_leads_to_an_archive_wherever_descriptors_lie(string attributes, string directory)
    {
        host.Server(HostAttributes: attributes);
        host.Java.Archive("/srv/ops.war", ("WEB-INF/web.xml", ManagerServlet));
        var place = directory.StartsWith("/etc", StringComparison.Ordinal) ? directory : TomcatHost.Base + directory;
        host.Java.Write($"{place}/tools.xml", "<Context docBase=\"/srv/ops.war\"/>");
        Assert.Equal("/var/lib/tomcat10 /tools", (await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Fail, "/srv/ops.war")).Subject);
    }

    [Fact]
    public async Task A_docBase_without_a_directory_is_an_archive()
    {
        host.Java.Archive("/srv/ops.war", ("WEB-INF/web.xml", ManagerServlet));
        host.Server(Host: "<Context path=\"/a/b\" docBase=\"/srv/ops\"/>");
        Assert.Equal("/var/lib/tomcat10 /a/b", (await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Fail, "/srv/ops.war")).Subject);
    }

    [Theory]
    [InlineData("unpackWARs=\"false\"", nameof(Outcome.Fail), "ops.war")]
    [InlineData("", nameof(Outcome.Pass), "no manager application")]
    public async Task An_archive_beside_its_directory_counts_where_archives_are_not_unpacked(string attributes, string outcome, string words)
    {
        host.Server(HostAttributes: attributes);
        host.Java.Write($"{TomcatHost.Base}/webapps/ops/WEB-INF/web.xml", "<web-app/>");
        host.Java.Archive($"{TomcatHost.Base}/webapps/ops.war", ("WEB-INF/web.xml", ManagerServlet));
        await host.AssertAsync(TomcatRules.ManagerRestricted, outcome, words);
    }

    [Theory]
    [InlineData("/conf/context.xml", "<Context><Resource name=\"jdbc/x\" password=\"hunter2\"/></Context>", nameof(Outcome.Fail))]
    [InlineData("/conf/context.xml", "<Context><Parameter name=\"db.password\" value=\"hunter2\"/></Context>", nameof(Outcome.Fail))]
    [InlineData("/conf/context.xml", "<Context><Resource name=\"jdbc/x\" password=\"${db.password}\"/></Context>", nameof(Outcome.Pass))]
    [InlineData("/conf/Catalina/localhost/portal.xml", "<Context><Resource name=\"jdbc/x\" password=\"hunter2\"/></Context>", nameof(Outcome.Fail))]
    [InlineData("/conf/catalina.properties", "db.password=hunter2\n", nameof(Outcome.Fail))]
    [InlineData("/conf/catalina.properties", "db.user=hunter2\n", nameof(Outcome.Pass))]
    [InlineData("/conf/context.xml", "<Context", nameof(Outcome.Unknown))]
    public async Task A_secret_in_any_file_of_the_configuration_is_not_everybodys(string path, string text, string outcome)
    {
        host.Java.Write(TomcatHost.Base + path, text, "0644 root:tomcat");
        var finding = await host.AssertAsync(TomcatRules.FilesProtected, outcome, outcome == nameof(Outcome.Fail) ? $"{path} can be read by everybody" : "");
        Assert.DoesNotContain("hunter2", finding.Message + finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
        host.Java.List(TomcatHost.Base + path, "0640 root:tomcat");
        if (outcome == nameof(Outcome.Fail)) await host.AssertAsync(TomcatRules.FilesProtected, Outcome.Pass, "");
    }

    [Fact]
    public async Task A_valve_around_the_manager_counts_and_other_applications_are_none()
    {
        Manager($"{TomcatHost.Base}/webapps/manager", "<Context/>");
        host.Server(Host: TomcatHost.Error + TomcatHost.Log + Cidr[9..^10]);
        await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Pass, "named addresses");
        host.Java.Write($"{TomcatHost.Base}/webapps/manager/WEB-INF/web.xml", "<web-app/>");
        await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Pass, "no manager application");
    }

    [Theory]
    [InlineData("", nameof(Outcome.Fail), "in clear")]
    [InlineData("<CredentialHandler className=\"org.apache.catalina.realm.MessageDigestCredentialHandler\"/>", nameof(Outcome.Fail), "in clear")]
    [InlineData("<CredentialHandler className=\"org.apache.catalina.realm.MessageDigestCredentialHandler\" algorithm=\"MD5\"/>", nameof(Outcome.Fail), "weak kind (MD5)")]
    [InlineData("<CredentialHandler className=\"org.apache.catalina.realm.MessageDigestCredentialHandler\" algorithm=\"sha-256\"/>", nameof(Outcome.Pass), "as digests")]
    [InlineData("<CredentialHandler className=\"org.apache.catalina.realm.NestedCredentialHandler\"><CredentialHandler className=\"org.apache.catalina.realm.SecretKeyCredentialHandler\"/></CredentialHandler>", nameof(Outcome.Pass), "as digests")]
    [InlineData("<CredentialHandler className=\"org.example.Handler\"/>", nameof(Outcome.Unknown), "not Tomcat's own")]
    public async Task Passwords_of_users_are_digests(string handler, string outcome, string words)
    {
        host.Server(Resources: Database, Engine: Users.Replace("HANDLER", handler, StringComparison.Ordinal));
        await host.AssertAsync(TomcatRules.UsersSafe, Outcome.Pass, "has no users");
        // Debian's and the tarball's samples stand in comments.
        host.Java.Write($"{TomcatHost.Base}/conf/tomcat-users.xml", "<tomcat-users>\n<!--\n <user username=\"admin\" password=\"must-be-changed\" roles=\"manager-gui\"/> -->\n</tomcat-users>", "0640 root:tomcat");
        await host.AssertAsync(TomcatRules.UsersSafe, Outcome.Pass, "has no users");
        host.Java.Write($"{TomcatHost.Base}/conf/tomcat-users.xml", "<tomcat-users xmlns=\"http://tomcat.apache.org/xml\"><user username=\"admin\" password=\"hunter2\" roles=\"manager-gui\"/></tomcat-users>", "0640 root:tomcat");
        var finding = await host.AssertAsync(TomcatRules.UsersSafe, outcome, words);
        Assert.DoesNotContain("hunter2", finding.Message + finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.1.60", "SHA-256", nameof(Outcome.Fail), "in clear")]
    [InlineData("8.5.100", "SHA-256", nameof(Outcome.Fail), "in clear")]
    [InlineData("8.0.53", "SHA-256", nameof(Outcome.Pass), "as digests")]
    [InlineData("7.0.109", "MD5", nameof(Outcome.Fail), "weak kind (MD5)")]
    [InlineData(null, "SHA-256", nameof(Outcome.Unknown), "the version is not known")]
    public async Task The_digest_of_a_realm_counts_for_versions_that_have_it(string? version, string digest, string outcome, string words)
    {
        using var resting = new TomcatHost(runs: false);
        resting.Java.Delete($"{TomcatHost.Home}/lib/catalina.jar");
        if (version is not null)
        {
            resting.Java.Write($"/usr/share/java/tomcat-catalina-{version}.jar", "");
            resting.Java.Link($"{TomcatHost.Home}/lib/catalina.jar", $"../../java/tomcat-catalina-{version}.jar");
        }
        resting.Server(Resources: Database, Engine: $"<Realm className=\"org.apache.catalina.realm.UserDatabaseRealm\" digest=\"{digest}\"/>");
        resting.Java.Write($"{TomcatHost.Base}/conf/tomcat-users.xml", "<tomcat-users><user username=\"admin\" password=\"hunter2\"/></tomcat-users>", "0640 root:tomcat");
        await resting.AssertAsync(TomcatRules.UsersSafe, outcome, words);
    }

    [Fact]
    public async Task Users_that_are_kept_elsewhere_are_unknown()
    {
        host.Server(Engine: "<Realm className=\"org.apache.catalina.realm.JNDIRealm\"/>");
        await host.AssertAsync(TomcatRules.UsersSafe, Outcome.Unknown, "JNDIRealm");
        host.Server(Engine: Users);
        await host.AssertAsync(TomcatRules.UsersSafe, Outcome.Unknown, "UserDatabaseRealm");
    }

    [Theory]
    [InlineData("/conf", "0775 root:tomcat", "can be changed by Tomcat itself")]
    [InlineData("/conf/server.xml", "0640 tomcat:tomcat", "owner tomcat")]
    [InlineData("/conf/server.xml", "0666 root:root", "can be written by everybody")]
    [InlineData("/webapps", "0777 tomcat:tomcat", "can be written by everybody")]
    [InlineData("/conf/Catalina/localhost", "0777 root:tomcat", "can be written by everybody")]
    [InlineData("/conf/tomcat-users.xml", "0644 root:root", "can be read by everybody")]
    [InlineData("/logs", "0755 tomcat:tomcat", "logs can be read by everybody")]
    public async Task What_Tomcat_or_others_can_change_or_read_fails(string path, string mode, string words)
    {
        Descriptor("portal", "<Context/>");
        host.Java.List(TomcatHost.Base + path, mode);
        await host.AssertAsync(TomcatRules.FilesProtected, Outcome.Fail, words);
    }

    [Fact]
    public async Task A_key_that_everybody_can_read_fails_and_one_behind_a_closed_directory_does_not()
    {
        host.Server("<Connector port=\"8443\" SSLEnabled=\"true\"><SSLHostConfig><Certificate certificateKeystoreFile=\"${catalina.base}/conf/tls/key.p12\" certificateKeystorePassword=\"hunter2\"/></SSLHostConfig></Connector>");
        host.Java.Write($"{TomcatHost.Base}/conf/tls/key.p12", "", "0644 root:root");
        await host.AssertAsync(TomcatRules.FilesProtected, Outcome.Fail, "key.p12 can be read by everybody");
        host.Java.List($"{TomcatHost.Base}/conf/tls", "0750 root:tomcat");
        await host.AssertAsync(TomcatRules.FilesProtected, Outcome.Pass, "");
        host.Java.List($"{TomcatHost.Base}/conf/server.xml", "0644 root:root");
        await host.AssertAsync(TomcatRules.FilesProtected, Outcome.Fail, "server.xml can be read by everybody");
    }

    [Fact]
    [Shows("tomcat.supported", Outcome.Fail)]
    public async Task A_jar_that_was_replaced_still_runs()
    {
        host.Java.Link($"/proc/{TomcatHost.Pid}/fd/5", TomcatHost.Jar + " (deleted)");
        await host.AssertAsync(TomcatRules.Supported, Outcome.Fail, "was replaced since Tomcat was started");
    }

    [Theory]
    [InlineData("10.1.30", "2026-11-21", "Pass")]
    [InlineData("9.0.95", "2026-11-21", "Pass")]
    [InlineData("9.0.95", "2027-06-01", "Fail")]
    [InlineData("10.1.30", "2027-06-01", "Unknown")]
    [InlineData("8.5.100", "2026-11-21", "Fail")]
    [InlineData("10.0.27", "2026-11-21", "Fail")]
    [InlineData("6.0.53", "2026-11-21", "Fail")]
    [InlineData("12.0.1", "2026-11-21", "Unknown")]
    public void A_Tomcat_of_no_package_follows_dated_releases(string version, string day, string outcome) =>
        Assert.Equal(outcome, SupportVerdict.Judge(new TomcatVersion(version, "x", false), DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), "x", [], "").Outcome.ToString());

    [Fact]
    public async Task Two_bases_on_one_home_are_two_and_one_at_rest_is_a_third()
    {
        host.Java.Write("/srv/portal/conf/server.xml", "<Server port=\"-1\"><Service><Connector port=\"8081\"/></Service></Server>", "0640 root:tomcat");
        host.Java.Jvm(TomcatHost.Pid + 50, ["-Dcatalina.base=/srv/portal", "org.apache.catalina.startup.Bootstrap", "start"], threads: ["http-nio-8081-A"]);
        host.Java.Listen(TomcatHost.Pid + 50, TomcatHost.Any(8081));
        host.Java.Write("/opt/apache-tomcat-9/conf/server.xml", "<Server/>");
        host.Java.Write("/data/own/conf/server.xml", "<Server/>");
        var findings = await host.CheckAsync(new TomcatSettings { Bases = ["/data/own/", "/var/lib/tomcat10"] });
        var shutdown = findings.Where(finding => finding.Rule == TomcatRules.ShutdownClosed).ToArray();
        Assert.Equal(["/var/lib/tomcat10", "/srv/portal", "/opt/apache-tomcat-9", "/data/own"], shutdown.Select(finding => finding.Subject));
        Assert.Equal([Outcome.Pass, Outcome.Pass, Outcome.Fail, Outcome.Fail], shutdown.Select(finding => finding.Outcome));
    }

    [Theory]
    [InlineData("/etc/default/tomcat10", "#CATALINA_BASE=/data/no\nCATALINA_BASE=\"/data/own\"\n")]
    [InlineData("/lib/systemd/system/tomcat-portal.service", "[Service]\nEnvironment=CATALINA_BASE=/data/own\nExecStart=/bin/x\n")]
    [InlineData("/etc/systemd/system/grails.service", "[Service]\nExecStart=/usr/bin/java -Dcatalina.base=/data/own org.apache.catalina.startup.Bootstrap\n")]
    public async Task A_base_at_rest_is_found_where_a_unit_or_its_defaults_name_it(string path, string text)
    {
        foreach (var place in new[] { "own", "no" }) host.Java.Write($"/data/{place}/conf/server.xml", "<Server/>");
        host.Java.Write(path, text);
        Assert.Equal(["/var/lib/tomcat10", "/data/own"], (await host.CheckAsync()).Where(finding => finding.Rule == TomcatRules.ShutdownClosed).Select(finding => finding.Subject));
    }

    [Fact]
    public async Task Without_Tomcat_nothing_applies_unless_processes_are_hidden()
    {
        using var java = new Jvm.JavaHost();
        Assert.All(await java.CheckAsync(new TomcatCheck(new TomcatSettings())), finding => Assert.Equal(Outcome.NotApplicable, finding.Outcome));
        Directory.Delete(java.Root + "/proc/1", recursive: true);
        Assert.All(await java.CheckAsync(new TomcatCheck(new TomcatSettings())), finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
    }

    void Manager(string directory, string context)
    {
        host.Java.Write($"{directory}/WEB-INF/web.xml", ManagerServlet);
        host.Java.Write($"{directory}/META-INF/context.xml", context);
        // What Debian's upgrades leave beside it counts for nothing.
        host.Java.Write($"{directory}/META-INF/context.xml.20240101", Cidr);
    }

    void Descriptor(string name, string context) => host.Java.Write($"{TomcatHost.Base}/conf/Catalina/localhost/{name}.xml", context);
}
