using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tomcat;

namespace Ratchet.Agent.Tests.Checks.Tomcat;

/// <summary>server.xml as Tomcat reads it, and as an attacker writes it.</summary>
public sealed class ServerXmlTests : IDisposable
{
    readonly TomcatHost host;

    public ServerXmlTests() : this(runs: true)
    {
    }

    ServerXmlTests(bool runs) => host = new TomcatHost(runs);

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task An_entity_in_a_file_of_its_own_counts()
    {
        host.Server(Host: TomcatHost.Error + "&valves;", Prologue: "<!DOCTYPE Server [ <!ENTITY valves SYSTEM \"valves.ent\"> ]>");
        await host.AssertAsync(TomcatRules.AccessLogged, Outcome.Unknown, "/var/lib/tomcat10/conf/valves.ent is missing");
        host.Java.Write($"{TomcatHost.Base}/conf/valves.ent", TomcatHost.Log, "0640 root:tomcat");
        await host.AssertAsync(TomcatRules.AccessLogged, Outcome.Pass, "requests are logged");
        host.Java.List($"{TomcatHost.Base}/conf/valves.ent", "0640 root:tomcat", Jvm.JavaHost.Now);
        await host.AssertAsync(TomcatRules.AccessLogged, Outcome.Unknown, "valves.ent was changed after");
    }

    [Theory]
    [InlineData("<!DOCTYPE Server [ <!ENTITY valves SYSTEM \"http://169.254.169.254/x\"> ]>", "something else than a file")]
    [InlineData("<!DOCTYPE Server [ <!ENTITY valves SYSTEM \"file://other/etc/passwd\"> ]>", "something else than a file")]
    [InlineData("<!DOCTYPE Server SYSTEM \"server.dtd\" [ <!ENTITY valves \"\"> ]>", "is missing")]
    [InlineData("<!DOCTYPE Server [ <!ENTITY valves SYSTEM \"/proc/1\"> ]>", "cannot be read")]
    [InlineData("<!DOCTYPE Server [ <!ENTITY a \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"> <!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"> <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"> <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"> <!ENTITY valves \"&d;&d;&d;&d;&d;&d;&d;&d;\"> ]>", "entities without end")]
    [InlineData("", "not well-formed")]
    public async Task An_entity_that_cannot_be_resolved_leaves_the_whole_file_unknown(string prologue, string words)
    {
        host.Server(Host: TomcatHost.Error + TomcatHost.Log + "&valves;", Prologue: prologue);
        foreach (var rule in new[] { TomcatRules.ConnectorsEncrypted, TomcatRules.AutoDeployOff, TomcatRules.FilesProtected, TomcatRules.RunningConfigCurrent })
            await host.AssertAsync(rule, Outcome.Unknown, words);
    }

    [Theory]
    [InlineData("/root/only", "0600 root:root", "0755 root:root")]
    [InlineData("/root/only", "0644 root:root", "0700 root:root")]
    [InlineData("/root/only", "0640 root:adm", "0755 root:root")]
    public async Task What_Tomcats_account_may_not_read_reaches_no_finding(string secret, string mode, string above)
    {
        Hide(secret, mode, above);
        foreach (var take in new Action[] { () => TakeByEntity(secret), () => TakeByProperty(secret), () => TakeByLink(secret) })
        {
            take();
            await AssertHiddenAsync($"{TomcatHost.Base}/");
        }
    }

    [Fact]
    public async Task At_rest_files_are_read_for_whoever_can_change_its_configuration()
    {
        using var resting = new ServerXmlTests(runs: false);
        resting.Hide("/root/only", "0600 root:root", "0755 root:root");
        resting.TakeByEntity("/root/only");
        await resting.AssertHiddenAsync("/root/only: is not read, because whoever can write /var/lib/tomcat10/webapps may not read it");
    }

    [Fact]
    public async Task A_descriptor_takes_nothing_in_that_Tomcats_account_may_not_read()
    {
        Hide("/root/only", "0600 root:root", "0755 root:root");
        host.Java.Write($"{TomcatHost.Base}/conf/Catalina/localhost/evil.dtd", Dtd("/root/only"));
        host.Java.Write($"{TomcatHost.Base}/conf/Catalina/localhost/x.xml", "<!DOCTYPE Context SYSTEM \"evil.dtd\"><Context docBase=\"&x;\"/>");
        Assert.DoesNotContain("hunter2", Text(await host.CheckAsync()), StringComparison.Ordinal);
        await host.AssertAsync(TomcatRules.ManagerRestricted, Outcome.Unknown, "/root/only: is not read");
    }

    [Theory]
    [InlineData("0644 root:root")]
    [InlineData("0640 root:tomcat")]
    [InlineData("0400 tomcat:root")]
    public async Task An_entity_elsewhere_counts_where_Tomcats_account_may_read_it(string mode)
    {
        host.Java.Write("/etc/common/valves.ent", TomcatHost.Log, mode);
        host.Server(Host: TomcatHost.Error + "&valves;", Prologue: "<!DOCTYPE Server [ <!ENTITY valves SYSTEM \"/etc/common/valves.ent\"> ]>");
        await host.AssertAsync(TomcatRules.AccessLogged, Outcome.Pass, "requests are logged");
    }

    [Fact]
    public async Task A_broken_file_is_told_by_its_line_and_never_quoted()
    {
        host.Server("<Connector port=\"8443\" keystorePass=\"hunter2\" hunter2/>");
        var finding = await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "server.xml: line 6 is not well-formed XML");
        Assert.DoesNotContain("hunter2", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_a_gigabyte_is_not_read()
    {
        using (var file = File.OpenWrite($"{host.Java.Root}{TomcatHost.Base}/conf/server.xml")) file.SetLength(1 << 30);
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "more than the");
    }

    [Fact]
    public async Task A_missing_file_of_a_running_Tomcat_is_unknown()
    {
        host.Java.Delete($"{TomcatHost.Base}/conf/server.xml");
        await host.AssertAsync(TomcatRules.ConnectorsEncrypted, Outcome.Unknown, "is missing");
    }

    [Fact]
    public async Task Mutated_files_never_break_the_check_and_a_broken_one_never_passes()
    {
        var path = $"{host.Java.Root}{TomcatHost.Base}/conf/server.xml";
        var good = await File.ReadAllBytesAsync(path);
        var random = new Random(5);
        for (var i = 0; i < 150; i++)
        {
            var bytes = good[..random.Next(good.Length)];
            for (var change = random.Next(4); change > 0 && bytes.Length > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            await File.WriteAllBytesAsync(path, bytes);
            var findings = await host.CheckAsync();
            Assert.All(findings.Where(finding => finding.Rule == TomcatRules.ConnectorsEncrypted), finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
        }
    }

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(60_000, 2)]
    [InlineData(1_000_000, 400)]
    public async Task A_place_holder_that_stands_for_megabytes_is_not_followed(int length, int times)
    {
        host.Java.Write($"{TomcatHost.Base}/conf/catalina.properties", $"a={new string('x', length)}\n", "0640 root:tomcat");
        host.Server(HostAttributes: $"autoDeploy=\"{string.Concat(Enumerable.Repeat("${a}", times))}\"");
        var before = GC.GetTotalAllocatedBytes();
        await host.AssertAsync(TomcatRules.AutoDeployOff, Outcome.Unknown, "longer than a configuration is");
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 200 << 20);
    }

    [Fact]
    public async Task Many_place_holders_that_are_long_together_are_not_followed()
    {
        host.Java.Write($"{TomcatHost.Base}/conf/catalina.properties", $"a={new string('x', 60_000)}\n", "0640 root:tomcat");
        host.Server(Engine: string.Concat(Enumerable.Range(0, 500).Select(i => $"<Host name=\"h{i}\" appBase=\"${{a}}\" autoDeploy=\"true\"/>")));
        await host.AssertAsync(TomcatRules.AutoDeployOff, Outcome.Unknown, "longer than a configuration is");
    }

    [Fact]
    public async Task A_name_that_no_host_has_and_more_hosts_than_a_Tomcat_has_are_unknown()
    {
        host.Server(Engine: $"<Host name=\"{new string('x', 300)}\"/>");
        await host.AssertAsync(TomcatRules.AutoDeployOff, Outcome.Unknown, "the name of a Host is longer");
        host.Server(Engine: string.Concat(Enumerable.Repeat("<Host name=\"x\"/>", 1001)));
        await host.AssertAsync(TomcatRules.AutoDeployOff, Outcome.Unknown, "more connectors, hosts");
    }

    [Theory]
    [InlineData("a=b\n", "a", "b")]
    [InlineData("  a : b\n", "a", "b")]
    [InlineData("a b\r\n", "a", "b")]
    [InlineData("# a=c\n! a=d\na=b", "a", "b")]
    [InlineData("a=b\\\n   c\n", "a", "bc")]
    [InlineData("a\\:b=c\\u0041\\n", "a:b", "cA\n")]
    [InlineData("a=c\na=b\n", "a", "b")]
    [InlineData("a\n", "a", "")]
    public void Properties_are_read_as_Java_reads_them(string text, string name, string value) => Assert.Equal(value, JavaProperties.Parse(text)[name]);

    [Fact]
    public void Rubbish_never_breaks_the_parser_of_properties()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            JavaProperties.Parse(Encoding.Latin1.GetString(bytes));
            JavaProperties.Parse(new string('\\', i % 7));
        }
    }

    void Hide(string path, string mode, string above)
    {
        host.Java.Write(path, "hunter2=hunter2\nname=hunter2\n", mode);
        host.Java.List(Path.GetDirectoryName(path)!, above);
    }

    /// <summary>An entity of an attribute must stand in the document's own grammar, which may be built of a file.</summary>
    void TakeByEntity(string secret)
    {
        host.Java.Write($"{TomcatHost.Base}/conf/evil.dtd", Dtd(secret));
        host.Java.Write($"{TomcatHost.Base}/conf/server.xml", $"<!DOCTYPE Server SYSTEM \"evil.dtd\"><Server port=\"-1\"><Service><Engine name=\"Catalina\"><Host name=\"&x;\">{TomcatHost.Error}</Host></Engine></Service></Server>");
    }

    void TakeByProperty(string secret)
    {
        host.Java.Link($"{TomcatHost.Base}/conf/catalina.properties", secret);
        host.Java.List($"{TomcatHost.Base}/conf/catalina.properties", Mode(secret));
        host.Java.Write($"{TomcatHost.Base}/conf/server.xml", "<Server><Service><Engine name=\"Catalina\"><Host name=\"${name}\"/></Engine></Service></Server>");
    }

    void TakeByLink(string secret)
    {
        host.Java.Write(secret, "<Server><Service><Engine name=\"Catalina\"><Host name=\"hunter2\"/></Engine></Service></Server>");
        host.Java.Link($"{TomcatHost.Base}/conf/server.xml", secret);
        host.Java.List($"{TomcatHost.Base}/conf/server.xml", Mode(secret));
    }

    /// <summary>What stat says of a link's target.</summary>
    string Mode(string path) => host.Java.Machine().Status(path) is { } status ? $"{status.OctalMode} {status.Uid}:{status.Gid}" : "";

    static string Dtd(string secret) => $"<!ENTITY % file SYSTEM \"file://{secret}\"><!ENTITY % build \"<!ENTITY x '%file;'>\">%build;";

    async Task AssertHiddenAsync(string words)
    {
        Assert.DoesNotContain("hunter2", Text(await host.CheckAsync()), StringComparison.Ordinal);
        foreach (var rule in new[] { TomcatRules.AutoDeployOff, TomcatRules.AccessLogged, TomcatRules.ConnectorsEncrypted })
            await host.AssertAsync(rule, Outcome.Unknown, words);
    }

    static string Text(IEnumerable<Finding> findings) => string.Concat(findings.Select(finding => finding.Subject + finding.Message + finding.Evidence.ToJson().ToJsonString()));
}
