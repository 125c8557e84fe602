using System.Diagnostics;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Checks.Tls;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tomcat;

/// <summary>
/// A real Tomcat asked by real handshakes: with the same server.xml it refuses old versions or agrees to them, as java.security says.
/// </summary>
public sealed class RealWireTests : IDisposable
{
    readonly Folder folder = new();
    readonly Authority authority;
    readonly int tls = TlsServer.FreePort(), plain = TlsServer.FreePort();

    public RealWireTests() => authority = new Authority(folder, "site");

    public void Dispose() => folder.Dispose();

    [TomcatFact]
    public async Task Protocols_all_is_refused_by_Java_and_the_certificate_is_judged_as_it_is_shown()
    {
        using var tomcat = await StartAsync("");
        var verdicts = TlsServer.Judge(await TlsServer.AskAsync(tls, Opening.Tls, "portal.example"), settings: new TlsSettings { CertificateAuthority = authority.File, Renewal = TimeSpan.FromHours(1) }, names: "portal.example");
        Assert.All(verdicts.Values, finding => Assert.True(finding.Outcome == Outcome.Pass, $"{finding.Rule.Id}: {finding.Message}"));
        Assert.Equal(3, verdicts.Count);
        // It answers in clear on its TLS port too, that it takes TLS alone; and serves on the other.
        Assert.Equal(Speech.Tls, (await TlsServer.AskAsync(tls)).Speech);
        Assert.Equal(Outcome.Fail, TlsServer.Judge(await TlsServer.AskAsync(plain))[TlsRules.Spoken].Outcome);
        // Handshakes leave no line in its log.
        Assert.DoesNotContain("SSL", tomcat.Said, StringComparison.Ordinal);
    }

    [TomcatFact]
    public async Task An_option_of_Java_turns_old_versions_on_which_server_xml_does_not_show()
    {
        var security = folder.Write("java.security", "jdk.tls.disabledAlgorithms=\njdk.certpath.disabledAlgorithms=\n");
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        using var tomcat = await StartAsync($"-Djava.security.properties={security}");
        var verdicts = TlsServer.Judge(await TlsServer.AskAsync(tls));
        Assert.Equal((Outcome.Pass, Outcome.Fail), (verdicts[TlsRules.Spoken].Outcome, verdicts[TlsRules.OldRefused].Outcome));
    }

    async Task<Daemon> StartAsync(string options)
    {
        var (certificate, key) = authority.Server("portal.example");
        folder.Write("base/conf/server.xml", $"""
            <Server port="-1">
              <Service name="Catalina">
                <Connector port="{plain}" address="127.0.0.1"/>
                <Connector port="{tls}" address="127.0.0.1" SSLEnabled="true"><SSLHostConfig protocols="all"><Certificate certificateKeyFile="{key}" certificateFile="{certificate}" type="EC"/></SSLHostConfig></Connector>
                <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"/></Engine>
              </Service>
            </Server>
            """);
        foreach (var part in new[] { "logs", "work", "temp", "webapps" }) Directory.CreateDirectory(folder[$"base/{part}"]);
        var start = new ProcessStartInfo("/bin/sh", [RealTomcats.Home + "/bin/catalina.sh", "run"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder.Path };
        (start.Environment["CATALINA_HOME"], start.Environment["CATALINA_BASE"], start.Environment["JAVA_OPTS"]) = (RealTomcats.Home, folder["base"], $"-Xmx64m -XX:TieredStopAtLevel=1 {options}");
        var tomcat = new Daemon(start);
        await Wait.UntilAsync(() => !tomcat.IsRunning || tomcat.Said.Contains("Server startup in", StringComparison.Ordinal), "Tomcat listens", 120);
        Assert.True(tomcat.IsRunning, tomcat.Said);
        return tomcat;
    }
}
