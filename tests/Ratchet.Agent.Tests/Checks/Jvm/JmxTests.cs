using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Jvm;

namespace Ratchet.Agent.Tests.Checks.Jvm;

/// <summary>Remote management, by what the JVM tells, what it was told, and its threads and sockets.</summary>
public sealed class JmxTests : IDisposable
{
    const int Pid = 700;
    const string Remote = "sun.management.JMXConnectorServer.0.";

    readonly JavaHost host = new();

    public void Dispose() => host.Dispose();

    [Theory]
    [InlineData("true", "true", "any", nameof(Outcome.Pass), "asks for a password over TLS")]
    [InlineData("false", "true", "any", nameof(Outcome.Fail), "asks for no password")]
    [InlineData("false", "false", "loopback", nameof(Outcome.Fail), "asks for no password")]
    [InlineData("true", "false", "any", nameof(Outcome.Fail), "without TLS")]
    [InlineData("true", "false", "loopback", nameof(Outcome.Pass), "loopback alone")]
    [InlineData("no", "true", "any", nameof(Outcome.Fail), "asks for no password")]
    [InlineData("true", "1", "any", nameof(Outcome.Fail), "without TLS")]
    [InlineData("true", "false", "hidden", nameof(Outcome.Unknown), "could not be seen")]
    public async Task The_performance_data_is_the_live_truth(string authenticate, string tls, string bound, string outcome, string words)
    {
        host.Jvm(Pid, ["@/etc/jmx.args", "-jar", "/srv/app.jar"], threads: ["RMI TCP Accept-"]);
        Perf(authenticate, tls);
        if (bound != "hidden") host.Listen(Pid, bound == "any" ? "00000000000000000000000000000000:1C1F" : "0000000000000000FFFF00000100007F:1C1F");
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Enum.Parse<Outcome>(outcome), words);
    }

    [Fact]
    public async Task An_option_that_says_no_password_outweighs_the_judged_users_own_file()
    {
        host.Jvm(Pid, ["-Dcom.sun.management.jmxremote.port=7199", "-Dcom.sun.management.jmxremote.authenticate=false", "-jar", "/srv/app.jar"]);
        Perf("true", "true");
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Fail, "asks for no password");
    }

    [Theory]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199", "", nameof(Outcome.Pass), "over TLS")]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.jmxremote.authenticate=false", "", nameof(Outcome.Fail), "no password")]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.jmxremote.ssl=false", "", nameof(Outcome.Fail), "without TLS")]
    [InlineData("-Xmx1g", "JAVA_TOOL_OPTIONS=-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.jmxremote.authenticate=FALSE", nameof(Outcome.Fail), "no password")]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.jmxremote.authenticate=no", "", nameof(Outcome.Fail), "no password")]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.jmxremote.authenticate", "", nameof(Outcome.Fail), "no password")]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.jmxremote.ssl=no", "", nameof(Outcome.Fail), "without TLS")]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.jmxremote.ssl", "", nameof(Outcome.Fail), "without TLS")]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.jmxremote.ssl=TRUE -Dcom.sun.management.jmxremote.authenticate=True", "", nameof(Outcome.Pass), "over TLS")]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199 @/etc/args", "", nameof(Outcome.Unknown), "cannot be seen")]
    [InlineData("-Dcom.sun.management.jmxremote.port=7199 -Dcom.sun.management.config.file=/x", "", nameof(Outcome.Unknown), "cannot be seen")]
    [InlineData("-Dcom.sun.management.config.file=/x", "", nameof(Outcome.Unknown), "management file")]
    [InlineData("-XX:-UsePerfData", "", nameof(Outcome.Pass), "is off")]
    public async Task Without_performance_data_the_options_count_as_far_as_they_are_known(string options, string environment, string outcome, string words)
    {
        host.Jvm(Pid, [.. options.Split(' '), "-jar", "/srv/app.jar"], environment: environment);
        host.Listen(Pid, "00000000000000000000000000000000:1C1F");
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Enum.Parse<Outcome>(outcome), words);
    }

    [Fact]
    public async Task RMI_threads_that_nothing_explains_are_unknown()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"], threads: ["RMI TCP Accept-"]);
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Unknown, "RMI connections");
        host.Perf(Pid, JavaHost.PerfBytes(JavaHost.Started, ("sun.management.JMXConnectorServer.address", "service:jmx:rmi://127.0.0.1/stub/x")));
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Pass, "is off");
    }

    [Fact]
    public async Task What_was_started_last_counts_and_what_was_stopped_does_not()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"], threads: ["RMI TCP Accept-"]);
        (string, string?)[] two = [.. Entries(0, "true", "true"), .. Entries(1, "false", "true"), ("sun.management.JMXConnectorServer.address", "service:jmx:rmi://127.0.0.1/stub/x")];
        host.Perf(Pid, JavaHost.PerfBytes(JavaHost.Started, two));
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Fail, "no password");
        host.Perf(Pid, JavaHost.PerfBytes(JavaHost.Started, [("sun.management.JMXConnectorServer.remote.enabled", null), .. two]));
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Pass, "is off");

        static (string, string?)[] Entries(int number, string authenticate, string tls) =>
            [.. new (string, string?)[] { ("authenticate", authenticate), ("ssl", tls), ("remoteAddress", "service:jmx:rmi:///jndi/rmi://host:7199/jmxrmi") }.Select(entry => ($"sun.management.JMXConnectorServer.{number}.{entry.Item1}", entry.Item2))];
    }

    [Fact]
    public async Task What_may_not_be_read_of_the_environment_may_say_no_password()
    {
        host.Jvm(Pid, ["-Dcom.sun.management.jmxremote.port=7199", "-jar", "/srv/app.jar"]);
        host.Delete($"/proc/{Pid}/environ");
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Unknown, "cannot be seen");
    }

    [Fact]
    public async Task In_a_container_its_file_has_the_number_that_the_process_has_there()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"]);
        host.Perf(7, Bytes("false", "true", JavaHost.Started));
        host.List($"/proc/{Pid}/root/tmp/hsperfdata_tomcat", "0755 tomcat:tomcat");
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Pass, "is off");
        var status = $"{host.Root}/proc/{Pid}/status";
        File.WriteAllText(status, File.ReadAllText(status).Replace($"NSpid:\t{Pid}", $"NSpid:\t{Pid}\t7", StringComparison.Ordinal));
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Fail, "no password");
    }

    [Fact]
    public async Task A_stale_file_of_an_earlier_process_with_the_same_number_says_nothing()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"]);
        Perf("false", "false", JavaHost.Started.AddHours(-1));
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Pass, "is off");
        Perf("false", "false");
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Fail, "no password");
    }

    [Fact]
    public async Task A_file_that_another_user_planted_says_nothing()
    {
        host.Jvm(Pid, ["-Dcom.sun.management.jmxremote.port=7199", "-Dcom.sun.management.jmxremote.authenticate=false", "-jar", "/srv/app.jar"]);
        host.Perf(Pid, JavaHost.PerfBytes(JavaHost.Started, (Remote + "remoteAddress", "service:jmx:rmi:///jndi/rmi://h:1/jmxrmi"), (Remote + "authenticate", "true"), (Remote + "ssl", "true")), owner: "root", user: "evil");
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Fail, "no password");
    }

    [Fact]
    public async Task A_private_tmp_is_looked_into_through_the_process()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"]);
        host.Link($"/proc/{Pid}/root", "/private");
        Directory.CreateDirectory($"{host.Root}/private/tmp/hsperfdata_tomcat");
        File.WriteAllBytes($"{host.Root}/private/tmp/hsperfdata_tomcat/{Pid}", Bytes("false", "true", JavaHost.Started));
        host.List($"/proc/{Pid}/root/tmp/hsperfdata_tomcat", "0755 tomcat:tomcat");
        await host.AssertAsync(new JvmCheck(), JvmRules.JmxProtected, Outcome.Fail, "no password");
    }

    [Fact]
    public void Rubbish_never_breaks_the_parser_with_anything_but_a_format_error()
    {
        var random = new Random(11);
        var good = Bytes("true", "true", JavaHost.Started);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = good[..random.Next(good.Length + 1)];
            for (var change = random.Next(6); change > 0 && bytes.Length > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                PerfData.Parse(bytes);
            }
            catch (FormatException)
            {
                // As promised.
            }
        }
    }

    [Theory]
    [InlineData("service:jmx:rmi:///jndi/rmi://127.0.0.1:7199/jmxrmi", 7199)]
    [InlineData("service:jmx:rmi://", null)]
    [InlineData("", null)]
    public void The_port_is_that_of_the_registry(string address, int? port) => Assert.Equal(port, JmxVerdict.PortOf(address));

    void Perf(string authenticate, string tls, DateTimeOffset? created = null) => host.Perf(Pid, Bytes(authenticate, tls, created ?? JavaHost.Started));

    static byte[] Bytes(string authenticate, string tls, DateTimeOffset created) => JavaHost.PerfBytes(created,
        (Remote + "authenticate", authenticate), (Remote + "ssl", tls), (Remote + "remoteAddress", "service:jmx:rmi:///jndi/rmi://host:7199/jmxrmi"), ("java.property.java.version", "17.0.15"));
}
