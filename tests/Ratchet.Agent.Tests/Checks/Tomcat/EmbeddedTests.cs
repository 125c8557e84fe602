using System.IO.Compression;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tomcat;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Checks.Jvm;

namespace Ratchet.Agent.Tests.Checks.Tomcat;

/// <summary>Tomcat inside a Grails or Spring Boot jar: no server.xml, but threads, sockets and the jar.</summary>
public sealed class EmbeddedTests : IDisposable
{
    const int Pid = 800;

    readonly JavaHost host = new();

    public void Dispose() => host.Dispose();

    [Theory]
    [InlineData("http-nio-8080-A", "any", nameof(Outcome.Fail), "on port 8080")]
    [InlineData("http-nio-8080-A", "loopback", nameof(Outcome.Pass), "this host alone")]
    [InlineData("http-nio-127.0.", "loopback", nameof(Outcome.Pass), "this host alone")]
    [InlineData("https-jsse-nio-", "any", nameof(Outcome.Pass), "speak TLS")]
    [InlineData("https-openssl-n", "any", nameof(Outcome.Pass), "speak TLS")]
    [InlineData("http-nio-9090-A", "any", nameof(Outcome.Unknown), "cannot be seen")]
    public async Task Its_threads_tell_what_its_connectors_speak(string thread, string bound, string outcome, string words)
    {
        Run(thread, "Catalina-utilit");
        host.Listen(Pid, bound == "any" ? TomcatHost.Any(8080) : TomcatHost.Loopback(8080));
        var finding = await AssertAsync(TomcatRules.ConnectorsEncrypted, Enum.Parse<Outcome>(outcome), words);
        Assert.Equal("embedded in app.service", finding.Subject);
    }

    [Fact]
    public async Task Rules_on_files_do_not_apply_and_what_only_the_application_knows_is_unknown()
    {
        Run("https-jsse-nio-", "Catalina-utilit");
        host.Listen(Pid, TomcatHost.Any(8443));
        await AssertAsync(TomcatRules.AutoDeployOff, Outcome.NotApplicable, "inside an application");
        await AssertAsync(TomcatRules.VersionHidden, Outcome.NotApplicable, "inside an application");
        await AssertAsync(TomcatRules.AccessLogged, Outcome.Unknown, "no access log open");
        host.Link($"/proc/{Pid}/fd/7", "/var/log/portal/access_log.2026-11-21.log");
        await AssertAsync(TomcatRules.AccessLogged, Outcome.Pass, "requests are logged");
        await AssertAsync(TomcatRules.AjpProtected, Outcome.NotApplicable, "no AJP");
        Run("ajp-nio-8009-Ac", "Catalina-utilit");
        await AssertAsync(TomcatRules.AjpProtected, Outcome.Unknown, "AJP");
    }

    [Fact]
    public async Task A_JVM_without_Tomcats_threads_is_no_Tomcat()
    {
        Run("qtp-jetty-1");
        Assert.All(await host.CheckAsync(new TomcatCheck(new TomcatSettings())), finding => Assert.Equal(Outcome.NotApplicable, finding.Outcome));
    }

    [Theory]
    [InlineData("BOOT-INF/lib/tomcat-embed-core-10.1.30.jar", nameof(Outcome.Pass), "10.1.30")]
    [InlineData("WEB-INF/lib-provided/tomcat-embed-core-8.5.99.jar", nameof(Outcome.Fail), "8.5.99")]
    [InlineData("BOOT-INF/lib/jetty-server-12.jar", nameof(Outcome.Unknown), "not known")]
    public async Task The_version_is_that_of_the_jar_in_the_jar(string entry, string outcome, string words)
    {
        Run("https-jsse-nio-");
        Archive("/srv/app.jar", entry, "");
        host.Link($"/proc/{Pid}/fd/4", "/srv/app.jar");
        await AssertAsync(TomcatRules.Supported, Enum.Parse<Outcome>(outcome), words);
    }

    [Fact]
    public async Task A_jar_without_a_number_in_its_name_tells_it_in_its_manifest()
    {
        Run("https-jsse-nio-");
        Archive("/opt/t/lib/catalina.jar", "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nImplementation-Version: 9.0.95\r\n");
        host.Link($"/proc/{Pid}/fd/4", "/opt/t/lib/catalina.jar");
        await AssertAsync(TomcatRules.Supported, Outcome.Pass, "9.0.95");
    }

    [Fact]
    public async Task Five_thousand_connections_do_not_hide_the_jar_that_was_opened_before_them()
    {
        Run("https-jsse-nio-");
        Archive("/opt/t/lib/catalina.jar", "META-INF/MANIFEST.MF", "Implementation-Version: 9.0.95\n");
        host.Link($"/proc/{Pid}/fd/4", "/opt/t/lib/catalina.jar");
        for (var connection = 10_000; connection < 15_000; connection++) host.Link($"/proc/{Pid}/fd/{connection}", "/dev/null");
        await AssertAsync(TomcatRules.Supported, Outcome.Pass, "9.0.95");
    }

    [Fact]
    public void Damaged_jars_are_said_to_be_so()
    {
        Archive("/a.jar", "META-INF/MANIFEST.MF", new string('x', 500));
        var good = File.ReadAllBytes(host.Root + "/a.jar");
        var random = new Random(2);
        for (var i = 0; i < 500; i++)
        {
            var bytes = good[..(i % 2 == 0 ? good.Length : random.Next(good.Length))];
            for (var change = random.Next(5); change > 0 && bytes.Length > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(host.Root + "/b.jar", bytes);
            try
            {
                using var jar = JarFile.Open(host.Machine(), "/b.jar");
                Assert.True(jar!.Names().Count() >= 0);
                jar.Read("META-INF/MANIFEST.MF");
            }
            catch (FormatException)
            {
                // As promised.
            }
        }
    }

    void Run(params string[] threads) => host.Jvm(Pid, ["-jar", "/srv/app.jar"], threads: threads);

    Task<Finding> AssertAsync(Rule rule, Outcome outcome, string words) => host.AssertAsync(new TomcatCheck(new TomcatSettings()), rule, outcome, words);

    void Archive(string path, string entry, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(host.Root + path)!);
        using var archive = ZipFile.Open(host.Root + path, ZipArchiveMode.Create);
        using var writer = new StreamWriter(archive.CreateEntry(entry).Open());
        writer.Write(content);
    }
}
