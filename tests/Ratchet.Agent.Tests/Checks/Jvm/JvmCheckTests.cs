using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Jvm;

namespace Ratchet.Agent.Tests.Checks.Jvm;

public sealed class JvmCheckTests : IDisposable
{
    const int Pid = 700;
    const string Debugger = "/usr/lib/jvm/x/lib/libjdwp.so";

    readonly JavaHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task Without_a_JVM_nothing_applies()
    {
        var findings = await host.CheckAsync(new JvmCheck());
        Assert.Equal(JvmRules.All, findings.Select(finding => finding.Rule));
        Assert.All(findings, finding => Assert.Equal(Outcome.NotApplicable, finding.Outcome));
    }

    [Fact]
    public async Task Processes_that_are_hidden_are_not_said_to_be_absent()
    {
        Directory.Delete(host.Root + "/proc/1", recursive: true);
        var error = await Assert.ThrowsAsync<IOException>(() => host.CheckAsync(new JvmCheck()));
        Assert.Contains("/proc is empty", error.Message, StringComparison.Ordinal);
        host.Jvm(Pid, ["-jar", "/srv/app.jar"]);
        error = await Assert.ThrowsAsync<IOException>(() => host.CheckAsync(new JvmCheck()));
        Assert.Contains("hidepid", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quiet_JVM_passes_every_rule()
    {
        host.Jvm(Pid, ["-Xmx1g", "-jar", "/srv/app.jar"]);
        var findings = await host.CheckAsync(new JvmCheck());
        Assert.Equal(JvmRules.All, findings.Select(finding => finding.Rule));
        Assert.All(findings, finding => Assert.True(finding is { Outcome: Outcome.Pass, Subject: "app.service" }, $"{finding.Rule.Id} {finding.Subject}: {finding.Message}"));
    }

    [Fact]
    public async Task A_JVM_in_a_program_of_its_own_is_found_by_its_library()
    {
        host.Jvm(Pid, ["-user", "tomcat", "org.example.Main"], executable: "/usr/bin/jsvc");
        Assert.All(await host.CheckAsync(new JvmCheck()), finding => Assert.Equal("app.service", finding.Subject));
        host.Jvm(Pid, ["-user", "tomcat", "org.example.Main"], executable: "/usr/bin/jsvc", maps: "/usr/lib/libc.so.6");
        Assert.All(await host.CheckAsync(new JvmCheck()), finding => Assert.Equal(Outcome.NotApplicable, finding.Outcome));
    }

    [Fact]
    public async Task Without_a_lasting_unit_it_is_called_by_its_application_and_user()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"], unit: "session-3.scope");
        Assert.All(await host.CheckAsync(new JvmCheck()), finding => Assert.Equal("/srv/app.jar (tomcat)", finding.Subject));
    }

    [Theory]
    [InlineData("-agentlib:jdwp=transport=dt_socket,address=*:5005", "", "command line")]
    [InlineData("-Xrunjdwp:transport=dt_socket", "", "command line")]
    [InlineData("-Xmx1g", "_JAVA_OPTIONS=-Xmx2g -agentlib:jdwp=transport=dt_socket", "_JAVA_OPTIONS")]
    [InlineData("-Xmx1g", "A=b\0JAVA_TOOL_OPTIONS=\"-agentlib:jdwp=transport=dt_socket\"", "JAVA_TOOL_OPTIONS")]
    [InlineData("-Xmx1g", "JDK_JAVA_OPTIONS=-agentlib:jdwp=transport=dt_socket", "JDK_JAVA_OPTIONS")]
    [InlineData("@/etc/app.args", "", "an options file")]
    public async Task The_debugger_is_found_wherever_it_was_asked_for(string argument, string environment, string source)
    {
        host.Jvm(Pid, [argument, "-jar", "/srv/app.jar"], environment: environment, maps: Debugger);
        var finding = await host.AssertAsync(new JvmCheck(), JvmRules.DebuggerOff, Outcome.Fail, source);
        Assert.DoesNotContain("dt_socket", finding.Message + finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_debuggers_threads_are_enough_to_fail()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"], threads: ["JDWP Transport "]);
        await host.AssertAsync(new JvmCheck(), JvmRules.DebuggerOff, Outcome.Fail, "threads");
    }

    [Fact]
    public async Task Without_the_memory_map_no_debugger_is_not_said()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"]);
        host.Delete($"/proc/{Pid}/maps");
        Directory.CreateDirectory($"{host.Root}/proc/{Pid}/maps");
        await host.AssertAsync(new JvmCheck(), JvmRules.DebuggerOff, Outcome.Unknown, "cannot be seen");
    }

    [Fact]
    public async Task Root_in_any_of_its_users_fails_and_so_do_roots_powers()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"], uid: 0);
        await host.AssertAsync(new JvmCheck(), JvmRules.NotRoot, Outcome.Fail, "runs as root");
        host.Jvm(Pid, ["-jar", "/srv/app.jar"], capabilities: "0000000000200000");
        await host.AssertAsync(new JvmCheck(), JvmRules.NotRoot, Outcome.Fail, "CAP_SYS_ADMIN");
        host.Jvm(Pid, ["-jar", "/srv/app.jar"], capabilities: "0000000000000400");
        await host.AssertAsync(new JvmCheck(), JvmRules.NotRoot, Outcome.Pass, "runs as tomcat");
    }

    [Fact]
    public async Task JVMs_of_one_unit_are_told_apart_and_those_alike_are_one_with_the_worst_verdict()
    {
        host.Jvm(Pid, ["-jar", "/srv/a.jar"]);
        host.Jvm(Pid + 50, ["-jar", "/srv/b.jar"]);
        Assert.Equal(["app.service (/srv/a.jar)", "app.service (/srv/b.jar)"], (await host.CheckAsync(new JvmCheck())).Select(finding => finding.Subject).Distinct());
        host.Jvm(Pid + 50, ["-jar", "/srv/a.jar"], maps: Debugger);
        var findings = await host.CheckAsync(new JvmCheck());
        Assert.Equal(JvmRules.All.Count, findings.Count);
        Assert.Equal(Outcome.Fail, findings.Single(finding => finding.Rule == JvmRules.DebuggerOff).Outcome);
    }

    [Theory]
    [InlineData("-Ddb.password=hunter2", "-Ddb.password")]
    [InlineData("-Djwt.secret=hunter2", "-Djwt.secret")]
    [InlineData("-Djavax.net.ssl.keyStorePassword=hunter2", "keyStorePassword")]
    [InlineData("-Daws.secretKey=hunter2", "-Daws.secretKey")]
    [InlineData("-Durl=jdbc:postgresql://app:hunter2@db/app", "-Durl")]
    [InlineData("-Durl=jdbc:postgresql://db/app?user=a&password=hunter2", "-Durl")]
    [InlineData("-Dspring.application.json={\"db\":{\"password\":\"hunter2\"}}", "-Dspring.application.json")]
    [InlineData("-jar /srv/app.jar --spring.datasource.password=hunter2", "--spring.datasource.password")]
    [InlineData("-jar /srv/app.jar --db-password hunter2", "--db-password")]
    [InlineData("-jar /srv/app.jar DB_PASS=hunter2", "DB_PASS")]
    public async Task A_secret_in_the_arguments_is_told_by_its_name_alone(string arguments, string name)
    {
        host.Jvm(Pid, [.. arguments.Split(' '), "org.example.Main"]);
        var finding = await host.AssertAsync(new JvmCheck(), JvmRules.NoSecretsInArguments, Outcome.Fail, name);
        Assert.DoesNotContain("hunter2", finding.Message + finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-Dcom.sun.management.jmxremote.password.file=/etc/jmx.password")]
    [InlineData("-Djavax.net.ssl.trustStorePassword=changeit")]
    [InlineData("-Dpassword.required=true")]
    [InlineData("-Dtoken.expiry=3600")]
    [InlineData("-Dsecret=")]
    [InlineData("-Durl=https://example.org/a?b=c")]
    [InlineData("-Ddb.password=${DB_PASSWORD}")]
    public async Task What_only_sounds_like_a_secret_is_none(string argument)
    {
        host.Jvm(Pid, [argument, "-jar", "/srv/app.jar"]);
        await host.AssertAsync(new JvmCheck(), JvmRules.NoSecretsInArguments, Outcome.Pass, "");
    }

    [Fact]
    public async Task A_replaced_Java_still_runs_the_old_one()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"]);
        host.Link($"/proc/{Pid}/exe", JavaHost.Java + " (deleted)");
        await host.AssertAsync(new JvmCheck(), JvmRules.Supported, Outcome.Fail, "was replaced");
        host.Link($"/proc/{Pid}/exe", JavaHost.Java);
        host.Write($"/proc/{Pid}/maps", "7f r-xp 0 08:01 1 /usr/lib/jvm/x/lib/server/libjvm.so (deleted)\n");
        await host.AssertAsync(new JvmCheck(), JvmRules.Supported, Outcome.Fail, "was replaced");
    }

    [Theory]
    [InlineData("1.8.0_402", "2026-11-21", "Pass")]
    [InlineData("1.8.0_402", "2027-01-01", "Unknown")]
    [InlineData("16.0.2", "2026-11-21", "Fail")]
    [InlineData("17.0.15", "2026-11-21", "Pass")]
    [InlineData("21.0.2", "2031-01-01", "Unknown")]
    [InlineData("26", "2026-11-21", "Fail")]
    [InlineData("27", "2026-11-21", "Pass")]
    [InlineData("28", "2028-11-21", "Unknown")]
    public void A_Java_of_no_package_follows_dated_releases(string version, string day, string outcome)
    {
        var feature = SupportVerdict.Feature(version)!.Value;
        Assert.Equal(outcome, SupportVerdict.Judge(feature, version, DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), "x", []).Outcome.ToString());
    }

    [Fact]
    public async Task A_Java_without_package_is_known_by_its_release_file_or_not_at_all()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"], executable: "/opt/jdk/bin/java");
        await host.AssertAsync(new JvmCheck(), JvmRules.Supported, Outcome.Unknown, "version is not known");
        host.Write("/opt/jdk/release", "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"19.0.1\"\n");
        await host.AssertAsync(new JvmCheck(), JvmRules.Supported, Outcome.Fail, "Java 19.0.1");
        host.Perf(Pid, JavaHost.PerfBytes(JavaHost.Started, ("java.property.java.version", "17.0.9")));
        await host.AssertAsync(new JvmCheck(), JvmRules.Supported, Outcome.Pass, "Java 17.0.9");
    }

    [Fact]
    public async Task A_heap_dump_that_others_can_read_fails_and_so_does_one_in_a_web_application()
    {
        host.Jvm(Pid, ["-XX:HeapDumpPath=/srv/dumps", "-jar", "/srv/app.jar"]);
        host.Write("/srv/dumps/java_pid7.hprof", "", "0600 tomcat:tomcat");
        await host.AssertAsync(new JvmCheck(), JvmRules.DumpsProtected, Outcome.Pass, "owner and group alone");
        host.List("/srv/dumps/java_pid7.hprof", "0644 tomcat:tomcat");
        await host.AssertAsync(new JvmCheck(), JvmRules.DumpsProtected, Outcome.Fail, "/srv/dumps/java_pid7.hprof (mode 0644)");
        host.List("/srv/dumps", "0700 tomcat:tomcat");
        await host.AssertAsync(new JvmCheck(), JvmRules.DumpsProtected, Outcome.Pass, "owner and group alone");
        host.Write("/srv/webapps/app/hs_err_pid9.log", "", "0600 tomcat:tomcat");
        host.Link($"/proc/{Pid}/cwd", "/srv/webapps/app");
        await host.AssertAsync(new JvmCheck(), JvmRules.DumpsProtected, Outcome.Fail, "lies in a web application");
    }

    [Theory]
    [InlineData("-XX:ErrorFile=/srv/crash/hs_err_pid%p.log", "/srv/crash/hs_err_pid7.log")]
    [InlineData("-XX:HeapDumpPath=/srv/dump.hprof", "/srv/dump.hprof")]
    [InlineData("-XX:HeapDumpPath=dumps", "/srv/app/dumps/java_pid7.hprof.gz")]
    [InlineData("-Dcatalina.base=/srv/tomcat", "/srv/tomcat/java_pid7.hprof")]
    [InlineData("-Xmx1g", "/srv/app/java_pid7.hprof")]
    public async Task Dumps_are_looked_for_wherever_the_options_put_them_and_never_opened(string option, string file)
    {
        host.Jvm(Pid, [option, "-jar", "/srv/app.jar"]);
        Directory.CreateDirectory(host.Root + "/srv/app");
        host.Link($"/proc/{Pid}/cwd", "/srv/app");
        await host.AssertAsync(new JvmCheck(), JvmRules.DumpsProtected, Outcome.Pass, "no heap dump");
        host.Write(file, "", "0644 tomcat:tomcat");
        // More than anybody reads.
        using (var dump = File.OpenWrite(host.Root + file)) dump.SetLength(1L << 33);
        await host.AssertAsync(new JvmCheck(), JvmRules.DumpsProtected, Outcome.Fail, file);
    }

    [Fact]
    public async Task In_the_common_tmp_only_its_own_dumps_are_its()
    {
        host.Jvm(Pid, ["-jar", "/srv/app.jar"]);
        host.Write("/tmp/other.hprof", "", "0644 root:root");
        await host.AssertAsync(new JvmCheck(), JvmRules.DumpsProtected, Outcome.Pass, "no heap dump");
        host.Write("/tmp/own.hprof", "", "0644 tomcat:tomcat");
        await host.AssertAsync(new JvmCheck(), JvmRules.DumpsProtected, Outcome.Fail, "/tmp/own.hprof");
    }

    [Fact]
    public async Task A_directory_of_dumps_that_cannot_be_looked_at_is_unknown()
    {
        host.Jvm(Pid, ["-XX:HeapDumpPath=/srv/loop", "-jar", "/srv/app.jar"]);
        host.Link("/srv/loop", "/srv/loop");
        await host.AssertAsync(new JvmCheck(), JvmRules.DumpsProtected, Outcome.Unknown, "/srv/loop");
    }
}
