using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Sshd;

/// <summary>Daemons of recorded process tables and unit files.</summary>
public sealed class DaemonTests : IDisposable
{
    const string Eic = "-o AuthorizedKeysCommand=/usr/share/ec2-instance-connect/eic_run_authorized_keys %u %f -o AuthorizedKeysCommandUser=ec2-instance-connect";

    readonly string root = Directory.CreateTempSubdirectory("ratchet-root-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "D=")]
    [InlineData("sshd: /usr/sbin/sshd [listener] 0 of 10-100 startups", "")]
    [InlineData("sshd: /usr/sbin/sshd -Dep 2222 -f/etc/x [listener] 1 of 10-100 startups", "D= e= p=2222 f=/etc/x")]
    [InlineData("sshd: /usr/sbin/sshd -D " + Eic + " [listener] 0 of 10-100 startups", "D= o=AuthorizedKeysCommand=/usr/share/ec2-instance-connect/eic_run_authorized_keys %u %f o=AuthorizedKeysCommandUser=ec2-instance-connect")]
    public void The_arguments_are_read_from_the_title(string title, string options)
    {
        var parsed = DaemonTitle.Parse(title + "\0\0");
        Assert.Null(parsed.Problem);
        Assert.Equal(options, string.Join(' ', DaemonArguments.ParseTitle(parsed.Arguments).Options.Select(o => $"{o.Letter}={o.Value}")));
    }

    [Theory]
    [InlineData("-f /etc/my file")]
    [InlineData("-x")]
    [InlineData("-D -o")]
    [InlineData("-o  X=y")]
    [InlineData("word")]
    public void An_uncertain_title_is_refused(string arguments) =>
        Assert.Throws<FormatException>(() => DaemonArguments.ParseTitle(arguments));

    [Theory]
    [InlineData("sshd: jane [priv]", true, false)]
    [InlineData("sshd: jane@pts/0", true, false)]
    [InlineData("/usr/sbin/sshd\0-t", true, false)]
    [InlineData("/usr/sbin/sshd\0-D\0-R", true, false)]
    [InlineData("sshd: /usr/sbin/sshd -D -o Banner=/etc/iss", false, true)]
    [InlineData("sshd: [listener] 0 of 10-100 startups", true, false)]
    [InlineData("/usr/sbin/sshd\0-D", false, true)]
    public void Sessions_are_told_from_daemons_and_a_cut_title_is_a_problem(string cmdline, bool session, bool problem)
    {
        var title = DaemonTitle.Parse(cmdline);
        Assert.Equal((session, problem), (title.IsSession, title.Problem is not null));
    }

    [Fact]
    public void Options_that_say_how_to_run_are_left_out_of_the_question()
    {
        var arguments = DaemonArguments.ParseTitle("-D -e -4 -E /var/log/x -p 2222 -f /etc/x -o A=b c -g 5 -u0");
        Assert.Equal(["-T", "-f", "/abs/x", "-4", "-p", "2222", "-o", "A=b c", "-u", "0"], arguments.ForTest("/abs/x"));
    }

    [Fact]
    public async Task A_cut_title_makes_every_rule_unknown()
    {
        Process(7, "sshd: /usr/sbin/sshd -D -o Banner=/e");
        Write("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
        var findings = await new SshdCheck(new SshSettings()).RunAsync(Recording.Open(root), CancellationToken.None);
        Assert.Equal(SshdRules.All.Count, findings.Count);
        Assert.All(findings, f => Assert.Equal((Outcome.Unknown, "/etc/ssh/sshd_config"), (f.Outcome, f.Subject)));
    }

    [Fact]
    public void The_exact_arguments_come_from_the_unit_where_they_give_the_same_title()
    {
        Write("/lib/systemd/system/ssh.service", "[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n");
        Write("/etc/systemd/system/ssh.service.d/x.conf", "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D \"-oBanner=/etc/my -D banner\" \\\n  $SSHD_OPTS\n");
        Write("/etc/default/ssh", "# options\nSSHD_OPTS=\"-4 -p 2222\"\n");
        Process(7, "sshd: /usr/sbin/sshd -D -oBanner=/etc/my -D banner -4 -p 2222 [listener] 0 of 10-100 startups");
        var daemon = Assert.Single(Daemon.Find(Recording.Open(root)));
        Assert.Null(daemon.Problem);
        Assert.Contains(('o', "Banner=/etc/my -D banner"), daemon.Arguments.Options);
        Assert.Contains(('p', "2222"), daemon.Arguments.Options);
    }

    [Fact]
    public void Two_daemons_of_one_file_are_told_apart_by_their_units()
    {
        Process(7, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "0::/system.slice/ssh.service\n");
        Process(9, "sshd: /usr/sbin/sshd -D -p 2 [listener] 0 of 10-100 startups", "0::/system.slice/ssh-two.service\n");
        Assert.Equal(["/etc/ssh/sshd_config (ssh.service)", "/etc/ssh/sshd_config (ssh-two.service)"], Daemon.Find(Recording.Open(root)).Select(d => d.Subject));
    }

    [Fact]
    public void A_child_that_still_has_its_parents_title_is_no_daemon()
    {
        Process(7, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups");
        Process(8, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", parent: 7);
        Assert.Equal(7, Assert.Single(Daemon.Find(Recording.Open(root))).Pid);
    }

    [Fact]
    public void Without_a_daemon_the_unit_says_what_the_next_start_will_be()
    {
        Write("/usr/sbin/sshd", "");
        Write("/usr/lib/systemd/system/ssh.service", "[Service]\nExecStart=-/usr/sbin/sshd -D -f /etc/ssh/other\n");
        var daemon = Assert.Single(Daemon.Find(Recording.Open(root)));
        Assert.Equal((0, "/etc/ssh/other", "/usr/sbin/sshd"), (daemon.Pid, daemon.Subject, daemon.Program));
    }

    [Fact]
    public void The_socket_unit_gives_its_addresses_only_where_it_is_enabled()
    {
        Write("/lib/systemd/system/ssh.socket", "[Socket]\nListenStream=22\n");
        Assert.Empty(SshdUnit.Listens(Recording.Open(root)));
        Write("/etc/systemd/system/sockets.target.wants/ssh.socket", "");
        Write("/run/systemd/generator/ssh.socket.d/addresses.conf", "[Socket]\nListenStream=\nListenStream=0.0.0.0:2222\nListenStream=[::]:2222\n");
        Assert.Equal(["0.0.0.0:2222", "[::]:2222"], SshdUnit.Listens(Recording.Open(root)));
    }

    [Fact]
    public async Task A_socket_unit_without_a_daemon_is_current_and_without_either_not_applicable()
    {
        Write("/usr/sbin/sshd", "");
        var machine = Recording.Open(root);
        var daemon = Assert.Single(Daemon.Find(machine));
        Task<Finding> Judge() => new RunningConfig().JudgeAsync(machine, daemon, SshdConfig.Read(machine, daemon.ConfigFile), new SshdAnswer(EffectiveConfig.Parse("")), CancellationToken.None);
        Assert.Equal(Outcome.NotApplicable, (await Judge()).Outcome);
        Write("/lib/systemd/system/ssh.socket", "[Socket]\nListenStream=22\n");
        Write("/etc/systemd/system/sockets.target.wants/ssh.socket", "");
        Assert.Equal(Outcome.Pass, (await Judge()).Outcome);
    }

    [Fact]
    public async Task Other_arguments_than_the_unit_says_now_fail()
    {
        Write("/lib/systemd/system/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd -D -o MaxSessions=2\n");
        Process(7, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "0::/system.slice/ssh.service\n");
        var machine = Recording.Open(root);
        var daemon = Assert.Single(Daemon.Find(machine));
        var finding = await new RunningConfig().JudgeAsync(machine, daemon, SshdConfig.Read(machine, daemon.ConfigFile), new SshdAnswer(EffectiveConfig.Parse("")), CancellationToken.None);
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains("ssh.service", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-f /etc/ssh/sshd_config_%i", "-f /etc/ssh/sshd_config_prod", false)]
    [InlineData("-f /etc/ssh/sshd_config_%i", "-f /etc/ssh/sshd_config_test", true)]
    [InlineData("-f /etc/ssh/%I -o Banner=%n,%N,%p,100%%,%%i", "-f /etc/ssh/prod -o Banner=sshd@prod.service,sshd@prod,sshd,100%,%i", false)]
    [InlineData("-f %E/ssh/sshd_config", "-f /etc/ssh/sshd_config", false)]
    [InlineData("-p %", "-p 22", false)]
    [InlineData("$OPTIONS", "-p 2201", false)]
    [InlineData("$OPTIONS -4", "-p 2201", true)]
    public async Task The_arguments_of_a_template_are_those_of_its_instance(string unit, string running, bool differs)
    {
        Write("/etc/systemd/system/sshd@.service", $"[Service]\nEnvironmentFile=-/etc/default/%p-%i\nExecStart=/usr/sbin/sshd -D {unit}\n");
        Write("/etc/default/sshd-prod", "OPTIONS=-p 2201\n");
        Process(7, $"sshd: /usr/sbin/sshd -D {running} [listener] 0 of 10-100 startups", "0::/system.slice/system-sshd.slice/sshd@prod.service\n");
        var machine = Recording.Open(root);
        var daemon = Assert.Single(Daemon.Find(machine));
        var finding = await new RunningConfig().JudgeAsync(machine, daemon, SshdConfig.Read(machine, daemon.ConfigFile), new SshdAnswer(EffectiveConfig.Parse("")), CancellationToken.None);
        Assert.Equal(differs, finding.Message.Contains("other arguments than sshd@prod.service says", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("sshd@a-b.service", "%I", null)]
    [InlineData("sshd@a\\x2db.service", "%I", null)]
    [InlineData("sshd@a-b.service", "%i", "a-b")]
    [InlineData("ssh.service", "%p:%N:%n:%i", "ssh:ssh:ssh.service:")]
    public void A_specifier_is_filled_in_or_the_unit_is_not_read(string name, string value, string? filled)
    {
        Write($"/etc/systemd/system/{name}", $"[Service]\nExecStart=/usr/sbin/sshd -o Banner={value}\n");
        Assert.Equal(filled is null ? null : $"Banner={filled}", SshdUnit.Read(Recording.Open(root), name)?.Command.ElementAtOrDefault(2));
    }

    [Fact]
    public void A_next_start_with_arguments_that_are_not_known_is_a_problem()
    {
        Write("/usr/sbin/sshd", "");
        Write("/usr/lib/systemd/system/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd -D -f %E/ssh/other\n");
        Assert.Contains("ssh.service", Assert.Single(Daemon.Find(Recording.Open(root))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Rubbish_in_a_title_never_breaks_the_parser()
    {
        var random = new Random(3);
        var good = "sshd: /usr/sbin/sshd -D " + Eic + " [listener] 0 of 10-100 startups";
        for (var i = 0; i < 20_000; i++)
        {
            var letters = good[..random.Next(good.Length + 1)].ToCharArray();
            if (letters.Length > 0) letters[random.Next(letters.Length)] = (char)random.Next(0, 300);
            var title = DaemonTitle.Parse(new string(letters));
            if (title.Problem is not null || title.IsSession) continue;
            try
            {
                DaemonArguments.ParseTitle(title.Arguments);
            }
            catch (FormatException)
            {
                // Refused is fine.
            }
        }
    }

    void Process(int pid, string title, string cgroup = "0::/\n", int parent = 1)
    {
        Write($"/proc/{pid}/comm", "sshd\n");
        Write($"/proc/{pid}/cmdline", title + "\0\0\0");
        Write($"/proc/{pid}/status", $"Name:\tsshd\nPPid:\t{parent}\nUid:\t0\t0\t0\t0\n");
        Write($"/proc/{pid}/cgroup", cgroup);
    }

    void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root + path)!);
        File.WriteAllText(root + path, text);
    }
}
