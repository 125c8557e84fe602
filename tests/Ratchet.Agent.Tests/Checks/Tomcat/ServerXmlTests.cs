using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tomcat;

namespace Ratchet.Agent.Tests.Checks.Tomcat;

/// <summary>server.xml as Tomcat reads it, and as an attacker writes it.</summary>
public sealed class ServerXmlTests : IDisposable
{
    readonly TomcatHost host = new();

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
}
