using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tomcat;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tomcat;

/// <summary>Connectors, AJP and the shutdown port, by server.xml, properties, threads and sockets.</summary>
public sealed class ConnectorTests : IDisposable
{
    static readonly string[] Plain = ["http-nio-8080-A", "Catalina-utilit"];

    readonly TomcatHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task A_hardened_Tomcat_passes_every_rule_that_applies()
    {
        var findings = await host.CheckAsync();
        Assert.All(findings, finding => Assert.True(finding.Outcome is Outcome.Pass || finding.Rule == TomcatRules.AjpProtected, $"{finding.Outcome} {finding.Rule.Id}: {finding.Message}"));
        Assert.Equal(TomcatRules.All.Order(Comparer<Rule>.Create((a, b) => string.CompareOrdinal(a.Id, b.Id))), findings.Select(finding => finding.Rule).OrderBy(rule => rule.Id, StringComparer.Ordinal));
        Assert.All(findings, finding => Assert.StartsWith(TomcatHost.Base, finding.Subject, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_plain_connector_on_every_address_fails_and_labels_do_not_help()
    {
        host.Server("<Connector port=\"8080\" scheme=\"https\" secure=\"true\"/>");
        host.Run(null, Plain, TomcatHost.Any(8080));
        var finding = await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Fail, "plain HTTP");
        Assert.Equal("/var/lib/tomcat10 http *:8080", finding.Subject);
    }

    [Fact]
    public async Task Loopback_mapped_into_IPv6_is_loopback()
    {
        host.Server("<Connector port=\"8080\" address=\"127.0.0.1\"/>");
        host.Run(null, Plain, TomcatHost.Loopback(8080));
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Pass, "this host alone");
    }

    [Fact]
    public async Task Where_the_process_really_listens_outweighs_the_file()
    {
        host.Server("<Connector port=\"8080\" address=\"127.0.0.1\"/>");
        host.Run(null, Plain, TomcatHost.Any(8080));
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Fail, "plain HTTP");
    }

    [Fact]
    public async Task A_connector_in_a_comment_is_none()
    {
        host.Server(TomcatHost.Tls + "<!-- <Connector port=\"8080\"/> <Connector protocol=\"AJP/1.3\" port=\"8009\" address=\"0.0.0.0\"/> -->");
        Assert.Single(await host.CheckAsync(), finding => finding.Rule == TomcatRules.ConnectorsEncrypted);
        await host.AssertAsync(TomcatRules.AjpProtected, Outcome.NotApplicable, "no AJP connector");
    }

    [Fact]
    public async Task A_connector_without_a_listener_is_unknown_and_not_what_runs()
    {
        host.Run(null, null, TomcatHost.Any(9999));
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "does not listen there");
        await host.AssertAsync(TomcatRules.RunningConfigCurrent, Outcome.Fail, "does not listen: http *:8443");
    }

    [Fact]
    public async Task A_plain_connector_that_runs_and_is_not_in_the_file_is_unknown()
    {
        host.Run(null, ["https-jsse-nio-", "http-nio-8080-A", "http-nio-8080-P", "http-nio-127.0."], TomcatHost.Any(8443), TomcatHost.Any(8080));
        var finding = await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "a plain connector runs on port 8080");
        Assert.Equal("/var/lib/tomcat10 http port 8080", finding.Subject);
        host.Server(TomcatHost.Tls + "<Connector port=\"8000\"/>", ServerAttributes: "port=\"-1\" portOffset=\"80\"");
        Assert.DoesNotContain(await host.CheckAsync(), finding => finding.Subject == "/var/lib/tomcat10 http port 8080");
    }

    [Fact]
    public async Task TLS_in_the_file_and_no_thread_of_it_is_unknown()
    {
        host.Run(null, ["http-nio-8443-A"], TomcatHost.Any(8443));
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "no thread of a TLS connector");
    }

    [Fact]
    [Shows("tomcat.running-config-current", Outcome.Fail)]
    public async Task A_file_newer_than_the_process_is_not_taken_for_what_runs()
    {
        host.Server(time: Jvm.JavaHost.Now);
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "was changed after Tomcat was started; the file says: it speaks TLS");
        await host.AssertAsync(TomcatRules.AutoDeployOff, Outcome.Unknown, "was changed after");
        await host.AssertAsync(TomcatRules.RunningConfigCurrent, Outcome.Fail, "changed since Tomcat was started");
    }

    [Fact]
    public async Task A_redirect_of_every_request_passes_and_of_some_does_not()
    {
        host.Server("<Connector port=\"8080\" redirectPort=\"8443\"/>");
        host.Run(null, Plain, TomcatHost.Any(8080));
        host.Java.Write($"{TomcatHost.Base}/conf/web.xml", Constraint("/*", ""));
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Pass, "redirects every request");
        foreach (var partly in new[] { Constraint("/admin/*", ""), Constraint("/*", "<http-method>POST</http-method>"), $"<!-- {Constraint("/*", "")} --><web-app/>" })
        {
            host.Java.Write($"{TomcatHost.Base}/conf/web.xml", partly);
            await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Fail, "plain HTTP");
        }
    }

    [Theory]
    [InlineData("webapps/portal/WEB-INF/web.xml", "<web-app/>", nameof(Outcome.Pass), "redirects every request")]
    [InlineData("webapps/portal/WEB-INF/web.xml", "CONFIDENTIAL", nameof(Outcome.Pass), "redirects every request")]
    [InlineData("webapps/portal/WEB-INF/web.xml", "NONE", nameof(Outcome.Unknown), "webapps/portal/WEB-INF/web.xml has a constraint of its own")]
    [InlineData("webapps/portal/WEB-INF/web.xml", "POST", nameof(Outcome.Unknown), "has a constraint of its own")]
    [InlineData("webapps/portal/WEB-INF/web.xml", "<web-app><security-constraint/></web-app>", nameof(Outcome.Unknown), "has a constraint of its own")]
    [InlineData("webapps/portal/WEB-INF/web.xml", "<web-app><!-- security-constraint --></web-app>", nameof(Outcome.Pass), "redirects every request")]
    [InlineData("webapps/portal/WEB-INF/web.xml", "<web-app>security-constraint", nameof(Outcome.Unknown), "portal/WEB-INF/web.xml: line 1 is not well-formed")]
    [InlineData("webapps/portal/META-INF/context.xml", "<Context altDDName=\"/x\"/>", nameof(Outcome.Unknown), "/portal has another web.xml (altDDName)")]
    [InlineData("conf/Catalina/localhost/web.xml.default", "NONE", nameof(Outcome.Unknown), "web.xml.default has a constraint of its own")]
    [InlineData("webapps/portal.war", "NONE", nameof(Outcome.Unknown), "portal.war/WEB-INF/web.xml has a constraint of its own")]
    [InlineData("webapps/portal.war", "rubbish", nameof(Outcome.Unknown), "is no jar")]
    public async Task A_redirect_counts_where_no_application_has_a_constraint_that_leaves_a_URL_in_clear(string file, string text, string outcome, string words)
    {
        host.Server("<Connector port=\"8080\" redirectPort=\"8443\"/>");
        host.Run(null, Plain, TomcatHost.Any(8080));
        host.Java.Write($"{TomcatHost.Base}/conf/web.xml", Constraint("/*", ""));
        var content = text switch
        {
            "CONFIDENTIAL" => Constraint("/records/*", ""),
            "POST" => Constraint("/records/*", "<http-method>POST</http-method>"),
            "NONE" => Constraint("/records/*", "").Replace("CONFIDENTIAL", "NONE", StringComparison.Ordinal),
            _ => text,
        };
        if (file.EndsWith(".war", StringComparison.Ordinal) && text == "NONE") host.Java.Archive($"{TomcatHost.Base}/{file}", ("WEB-INF/web.xml", content));
        else host.Java.Write($"{TomcatHost.Base}/{file}", content);
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, outcome, words);
    }

    [Fact]
    public async Task A_constraint_of_the_common_file_itself_may_leave_a_URL_in_clear()
    {
        host.Server("<Connector port=\"8080\" redirectPort=\"8443\"/>");
        host.Run(null, Plain, TomcatHost.Any(8080));
        var second = Constraint("/records/*", "").Replace("CONFIDENTIAL", "NONE", StringComparison.Ordinal);
        host.Java.Write($"{TomcatHost.Base}/conf/web.xml", Constraint("/*", "").Replace("</web-app>", second["<web-app>".Length..], StringComparison.Ordinal));
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "conf/web.xml has a constraint of its own");
    }

    [Theory]
    [InlineData("<web-app>CONFIDENTIAL", nameof(Outcome.Unknown))]
    [InlineData("<!DOCTYPE web-app [<!ENTITY a \"xxxxxxxxxx\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\"><!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">]><web-app>&g;CONFIDENTIAL</web-app>", nameof(Outcome.Unknown))]
    [InlineData("<!DOCTYPE web-app [<!ENTITY a SYSTEM \"/etc/shadow\">]><web-app>&a;CONFIDENTIAL</web-app>", nameof(Outcome.Unknown))]
    [InlineData("<!DOCTYPE web-app PUBLIC \"-//Sun Microsystems, Inc.//DTD Web Application 2.3//EN\" \"http://java.sun.com/dtd/web-app_2_3.dtd\"><web-app>CONFIDENTIAL</web-app>", nameof(Outcome.Fail))]
    public async Task A_web_xml_that_cannot_be_read_to_its_end_is_unknown_and_hides_no_other_connector(string text, string outcome)
    {
        host.Server("<Connector port=\"8080\" redirectPort=\"8443\"/>" + TomcatHost.Tls);
        host.Run(null, null, TomcatHost.Any(8080), TomcatHost.Any(8443));
        host.Java.Write($"{TomcatHost.Base}/conf/web.xml", text);
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, outcome, outcome == nameof(Outcome.Unknown) ? "is not well-formed XML, or has entities that are not followed" : "plain HTTP");
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Pass, "it speaks TLS");
    }

    [Fact]
    public async Task A_property_of_catalina_properties_wins_over_the_command_line()
    {
        host.Server("<Connector port=\"${http.port}\" address=\"${http.address:-0.0.0.0}\"/>");
        host.Java.Write($"{TomcatHost.Base}/conf/catalina.properties", "http.port = 8180\n", "0640 root:tomcat");
        host.Run(["-Dhttp.port=8188", "-Dhttp.address=127.0.0.1"], Plain, TomcatHost.Loopback(8180));
        var finding = await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Pass, "this host alone");
        Assert.EndsWith("http 127.0.0.1:8180", finding.Subject, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("${nowhere}", null)]
    [InlineData("${a:-${b}}", null)]
    [InlineData("${loop}", "-Dloop=${loop}")]
    [InlineData("${http.port:-8080}", "-Dorg.apache.tomcat.util.digester.PROPERTY_SOURCE=org.example.Source")]
    [InlineData("${http.port:-8080}", "@/etc/tomcat.args")]
    [InlineData("eighty", null)]
    [InlineData("${http.port:-8080}", "org.apache.tomcat.util.digester.PROPERTY_SOURCE=org.example.Source")]
    public async Task What_cannot_be_resolved_is_unknown(string port, string? option)
    {
        host.Server($"<Connector port=\"{port}\"/>{TomcatHost.Tls}");
        if (option is ['o', ..]) host.Java.Write($"{TomcatHost.Base}/conf/catalina.properties", option + "\n", "0640 root:tomcat");
        else host.Run(option is null ? [] : [option]);
        // Nor is the default taken for it, on which nobody listens.
        Assert.DoesNotContain("listen", (await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "")).Message, StringComparison.Ordinal);
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Pass, "speaks TLS");
    }

    [Fact]
    public async Task The_options_of_a_Tomcat_at_rest_are_not_known()
    {
        using var resting = new TomcatHost(runs: false);
        resting.Server("<Connector port=\"${http.port:-8080}\"/>");
        await resting.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "at rest");
        await resting.AssertAsync(TomcatRules.RunningConfigCurrent, Outcome.NotApplicable, "does not run");
        await resting.AssertAsync(TomcatRules.ShutdownClosed, Outcome.Pass, "(it does not run)");
    }

    [Theory]
    [InlineData("port=\"8009\" address=\"0.0.0.0\" secretRequired=\"false\"", nameof(Outcome.Fail), "asks for no secret")]
    [InlineData("port=\"8009\" address=\"0.0.0.0\"", nameof(Outcome.Fail), "serves nobody")]
    [InlineData("port=\"8009\" address=\"0.0.0.0\" secret=\"s3\"", nameof(Outcome.Pass), "asks for a secret")]
    [InlineData("port=\"8009\" address=\"::1\" secretRequired=\"false\"", nameof(Outcome.Pass), "this host alone")]
    [InlineData("port=\"8009\" address=\"db.internal\"", nameof(Outcome.Unknown), "is a name")]
    [InlineData("port=\"-1\" address=\"0.0.0.0\"", nameof(Outcome.NotApplicable), "no AJP")]
    public async Task AJP_needs_a_secret_or_loopback(string attributes, string outcome, string words)
    {
        using var resting = new TomcatHost(runs: false);
        resting.Server($"<Connector protocol=\"org.apache.coyote.ajp.AjpNioProtocol\" {attributes}/>");
        var finding = await resting.AssertAsync(TomcatRules.AjpProtected, outcome, words);
        Assert.DoesNotContain("s3", finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    [Shows("tomcat.ajp-protected", Outcome.Pass)]
    public async Task AJP_that_asks_for_a_secret_passes_in_a_Tomcat_that_runs()
    {
        host.Server(TomcatHost.Tls + "<Connector protocol=\"AJP/1.3\" port=\"8009\" address=\"0.0.0.0\" secret=\"s3\"/>");
        host.Run(null, null, TomcatHost.Any(8443), TomcatHost.Any(8009));
        await host.AssertAsync(TomcatRules.AjpProtected, Outcome.Pass, "asks for a secret");
    }

    [Theory]
    [InlineData("10.1.60", nameof(Outcome.Pass))]
    [InlineData("9.0.31", nameof(Outcome.Pass))]
    [InlineData("9.0.30", nameof(Outcome.Fail))]
    [InlineData("8.5.50", nameof(Outcome.Fail))]
    public async Task Where_AJP_is_bound_by_default_depends_on_the_version(string version, string outcome)
    {
        using var resting = new TomcatHost(runs: false);
        resting.Server("<Connector protocol=\"AJP/1.3\" port=\"8009\"/>");
        resting.Java.Write($"/usr/share/java/tomcat-catalina-{version}.jar", "");
        resting.Java.Link($"{TomcatHost.Home}/lib/catalina.jar", $"../../java/tomcat-catalina-{version}.jar");
        await resting.AssertAsync(TomcatRules.AjpProtected, outcome, "");
    }

    [Theory]
    [InlineData("port=\"-1\"", nameof(Outcome.Pass), "no shutdown port")]
    [InlineData("", nameof(Outcome.Fail), "everybody knows")]
    [InlineData("port=\"8005\" shutdown=\"SHUTDOWN\"", nameof(Outcome.Fail), "everybody knows")]
    [InlineData("port=\"8005\" shutdown=\"w0rd\"", nameof(Outcome.Pass), "word of its own")]
    [InlineData("port=\"8005\" shutdown=\"w0rd\" address=\"0.0.0.0\"", nameof(Outcome.Fail), "from outside")]
    [InlineData("port=\"${shutdown.port}\"", nameof(Outcome.Unknown), "at rest")]
    public async Task The_shutdown_port_is_closed_or_has_a_word_of_its_own(string attributes, string outcome, string words)
    {
        using var resting = new TomcatHost(runs: false);
        resting.Server(ServerAttributes: attributes);
        var finding = await resting.AssertAsync(TomcatRules.ShutdownClosed, outcome, words);
        Assert.DoesNotContain("w0rd", finding.Message + finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    static string Constraint(string pattern, string method) =>
        $"<web-app><security-constraint><web-resource-collection><url-pattern>{pattern}</url-pattern>{method}</web-resource-collection><user-data-constraint><transport-guarantee>CONFIDENTIAL</transport-guarantee></user-data-constraint></security-constraint></web-app>";
}
