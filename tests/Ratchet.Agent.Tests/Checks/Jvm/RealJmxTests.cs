using System.Diagnostics;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ports;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Jvm;

/// <summary>A test that runs a JVM in a network namespace of its own; skipped with the reason where a part is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class JvmFactAttribute : FactAttribute
{
    public const string Java = "/usr/bin/java";

    public JvmFactAttribute()
    {
        if (Libc.EffectiveUser != 0) Skip = "needs root";
        else if (!File.Exists(Java)) Skip = $"needs {Java} (default-jre-headless)";
    }
}

/// <summary>A real JVM with remote management, started twice: its RMI ports are others each time.</summary>
public sealed class RealJmxTests
{
    const int Registry = 7199;

    static readonly Machine Host = new("/", Command.RunAsync);
    static readonly string Program = Host.Resolve(JvmFactAttribute.Java) ?? JvmFactAttribute.Java;

    [JvmFact]
    public async Task A_restart_of_a_JVM_with_JMX_changes_ports_and_neither_subjects_nor_verdicts()
    {
        using var space = new Namespace();
        var (first, firstPorts) = await JudgeAsync(space);
        var (second, secondPorts) = await JudgeAsync(space);
        Assert.NotEqual(firstPorts, secondPorts);
        Assert.Equal(first, second);
        Assert.Contains($"Fail tcp *:{PortSurvey.EphemeralPorts(Host)} {Program} (2) in netns:{space.Name}", first);
        Assert.Contains($"Fail tcp *:{Registry} {Program} in netns:{space.Name}", first);
    }

    [JvmFact]
    public async Task The_objects_of_JMX_are_bound_where_its_registry_is_and_the_verdict_goes_by_that()
    {
        using var space = new Namespace();
        using var folder = new Folder();
        var password = folder.Write("password", "monitor secret\n");
        File.SetUnixFileMode(password, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        foreach (var (address, outcome, words) in new[] { ("127.0.0.1", Outcome.Pass, "loopback alone"), ("0.0.0.0", Outcome.Fail, "without TLS") })
        {
            using var jvm = await StartAsync(space, $"host={address}", $"password.file={password}");
            var finding = (await new JvmCheck().RunAsync(Host, CancellationToken.None)).Single(finding => finding.Rule == JvmRules.JmxProtected && finding.Subject.Contains("RegistryImpl", StringComparison.Ordinal));
            var objects = DaemonAddress.Of(Host, jvm.Id).Where(listener => Listener.ReachOf(listener.Address) == Reach.Loopback).Count();
            Namespace.End(jvm);
            Assert.True(outcome == finding.Outcome && finding.Message.Contains(words, StringComparison.Ordinal), $"{finding.Outcome}: {finding.Message}");
            // Registry and objects; the local connector, which is bound to all addresses, hangs up on other hosts.
            Assert.Equal(outcome == Outcome.Pass ? 2 : 0, objects);
            Assert.Contains("another at each start", finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
            // Looked at, never attached to.
            Assert.False(File.Exists($"/tmp/.java_pid{jvm.Id}"));
        }
    }

    static async Task<(List<string> Verdicts, List<int> Ports)> JudgeAsync(Namespace space)
    {
        using var jvm = await StartAsync(space, "authenticate=false");
        var settings = new Settings { Ports = new PortSettings { Allow = [new PortEntry { Port = new PortRange(1, 1) }] } };
        var findings = await new PortsCheck(settings).RunAsync(Host, CancellationToken.None);
        var ports = DaemonAddress.Of(Host, jvm.Id).Select(listener => listener.Port).Order().ToList();
        Namespace.End(jvm);
        return ([.. findings.Where(finding => finding.Subject.EndsWith(space.Name, StringComparison.Ordinal)).Select(finding => $"{finding.Outcome} {finding.Subject}").Order(StringComparer.Ordinal)], ports);
    }

    /// <summary>The registry of RMI is a program that every Java has, and that stays.</summary>
    static async Task<Process> StartAsync(Namespace space, params string[] options)
    {
        var jvm = Process.Start(new ProcessStartInfo("ip",
        [
            "netns", "exec", space.Name, JvmFactAttribute.Java, "-Xmx32m", $"-Dcom.sun.management.jmxremote.port={Registry}", "-Dcom.sun.management.jmxremote.ssl=false",
            .. options.Select(option => "-Dcom.sun.management.jmxremote." + option), "-m", "java.rmi/sun.rmi.registry.RegistryImpl", "1099",
        ]) { UseShellExecute = false })!;
        try
        {
            // Its own registry, and of JMX registry, objects and local connector.
            await Wait.UntilAsync(() => DaemonAddress.Of(Host, jvm.Id).Count == 4, "the JVM listens");
            return jvm;
        }
        catch
        {
            Namespace.End(jvm);
            throw;
        }
    }
}
