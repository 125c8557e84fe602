using System.Net;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Ports;

public sealed class PortVerdictsTests
{
    static readonly DateOnly Today = new(2027, 1, 31);

    static readonly Holder Tomcat = new("/usr/bin/java", false, "tomcat", "tomcat10.service", null, false);
    static readonly Holder Systemd = new("/usr/lib/systemd/systemd", false, "root", "init.scope", null, true);

    [Fact]
    public void A_listener_that_an_entry_names_by_unit_passes()
    {
        var finding = Expected(Judge(Allow(new PortEntry { Port = Port(8080), Unit = "tomcat*.service" }), Tcp("0.0.0.0", 8080, Tomcat)));
        Assert.Equal((Outcome.Pass, "tcp 0.0.0.0:8080 tomcat10.service"), (finding.Outcome, finding.Subject));
        Assert.Contains("ports.allow[0]", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jetty.service", null, null)]
    [InlineData(null, "/usr/bin/nc", null)]
    [InlineData(null, null, "root")]
    [InlineData("tomcat10.service", "/usr/bin/nc", null)]
    [InlineData("tomcat10.service", null, "root")]
    public void A_holder_other_than_the_entry_names_fails_and_the_message_names_everything(string? unit, string? program, string? user)
    {
        var finding = Expected(Judge(Allow(new PortEntry { Port = Port(8080), Unit = unit, Program = program, User = user }), Tcp("0.0.0.0", 8080, Tomcat)));
        Assert.Equal(Outcome.Fail, finding.Outcome);
        foreach (var part in new[] { "tcp", "0.0.0.0:8080", "/usr/bin/java", "tomcat", "tomcat10.service" }) Assert.Contains(part, finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("udp", 8080)]
    [InlineData("tcp", 8081)]
    public void Another_protocol_or_port_is_not_allowed_by_the_entry(string protocol, int port) =>
        Assert.Equal(Outcome.Fail, Expected(Judge(Allow(new PortEntry { Protocol = protocol, Port = Port(port) }), Tcp("0.0.0.0", 8080, Tomcat))).Outcome);

    [Fact]
    public void A_range_allows_its_ends_and_not_its_neighbours()
    {
        var policy = Allow(new PortEntry { Port = new PortRange(8000, 8010) });
        Outcome At(int port) => Expected(Judge(policy, Tcp("0.0.0.0", port, Tomcat))).Outcome;
        Assert.Equal([Outcome.Fail, Outcome.Pass, Outcome.Pass, Outcome.Fail], new[] { At(7999), At(8000), At(8010), At(8011) });
    }

    [Theory]
    [InlineData("2027-01-31", nameof(Outcome.Pass), "until 2027-01-31")]
    [InlineData("2027-01-30", nameof(Outcome.Fail), "ended on 2027-01-30")]
    public void An_exception_tolerates_through_its_last_day_and_then_fails(string expires, string outcome, string says)
    {
        var exception = new PortException { Port = Port(9999), Program = "/usr/bin/java", Owner = "ops", Reason = "JMX during INC-12", Expires = DateOnly.Parse(expires) };
        var finding = Expected(Judge(new Settings { Roles = ["web"], Ports = new PortSettings { Exceptions = [exception] } }, Tcp("0.0.0.0", 9999, Tomcat)), "tcp 0.0.0.0:9999 tomcat10.service");
        Assert.Equal(outcome, finding.Outcome.ToString());
        foreach (var part in new[] { says, "ops", "INC-12" }) Assert.Contains(part, finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", nameof(Reach.Loopback), nameof(Outcome.Pass))]
    [InlineData("10.1.2.3", nameof(Reach.Loopback), nameof(Outcome.Fail))]
    [InlineData("10.1.2.3", nameof(Reach.Private), nameof(Outcome.Pass))]
    [InlineData("0.0.0.0", nameof(Reach.Private), nameof(Outcome.Fail))]
    [InlineData("::", nameof(Reach.Private), nameof(Outcome.Fail))]
    [InlineData("203.0.113.9", nameof(Reach.Private), nameof(Outcome.Fail))]
    [InlineData("0.0.0.0", nameof(Reach.Any), nameof(Outcome.Pass))]
    public void A_listener_may_be_bound_no_wider_than_the_entry_says(string address, string reach, string outcome)
    {
        var findings = Judge(Allow(new PortEntry { Port = Port(5432), Reach = Enum.Parse<Reach>(reach) }), Tcp(address, 5432, Tomcat));
        Assert.Equal(outcome, Assert.Single(findings, finding => finding.Rule == PortRules.ReachLimited).Outcome.ToString());
        Assert.Equal(Outcome.Pass, Expected(findings).Outcome);
    }

    [Theory]
    [InlineData("127.255.0.1", nameof(Reach.Loopback))]
    [InlineData("::1", nameof(Reach.Loopback))]
    [InlineData("172.16.0.1", nameof(Reach.Private))]
    [InlineData("172.32.0.1", nameof(Reach.Any))]
    [InlineData("192.168.1.1", nameof(Reach.Private))]
    [InlineData("169.254.1.1", nameof(Reach.Private))]
    [InlineData("fd00::1", nameof(Reach.Private))]
    [InlineData("fe80::1", nameof(Reach.Private))]
    [InlineData("2001:db8::1", nameof(Reach.Any))]
    [InlineData("100.64.0.1", nameof(Reach.Any))]
    public void Reach_follows_the_address(string address, string reach) => Assert.Equal(reach, Listener.ReachOf(IPAddress.Parse(address)).ToString());

    [Fact]
    public void A_required_listener_that_is_there_passes_and_one_that_is_gone_fails()
    {
        var policy = Allow(new PortEntry { Port = Port(5432), Unit = "postgresql@*.service", Required = true });
        var postgres = Tomcat with { Unit = "postgresql@16-main.service", Program = "/usr/lib/postgresql/16/bin/postgres" };
        var there = Present(Judge(policy, Tcp("10.0.0.1", 5432, postgres)));
        Assert.Equal((Outcome.Pass, "tcp 5432 postgresql@*.service"), (there.Outcome, there.Subject));
        Assert.Equal(Outcome.Fail, Present(Judge(policy)).Outcome);
        var squatter = Present(Judge(policy, Tcp("10.0.0.1", 5432, Tomcat)));
        Assert.Equal(Outcome.Fail, squatter.Outcome);
        Assert.Contains("tomcat10.service", squatter.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_required_port_is_not_a_container_s_unless_the_entry_names_its_unit()
    {
        var redis = new Holder("/usr/bin/redis", false, "redis", "docker-0123.scope", "docker:0123456789ab", false);
        var contained = Tcp("0.0.0.0", 6379, redis) with { Namespace = "docker:0123456789ab" };
        var open = Allow(new PortEntry { Port = Port(6379), Program = "/usr/bin/redis", Required = true });
        Assert.Equal(Outcome.Unknown, Present(Judge(open, contained)).Outcome);
        Assert.Equal(Outcome.Pass, Present(Judge(open, contained, Tcp("0.0.0.0", 6379, redis with { Unit = "redis.service", Container = null }))).Outcome);
        Assert.Equal(Outcome.Pass, Present(Judge(Allow(new PortEntry { Port = Port(6379), Unit = "docker-*.scope", Required = true }), contained)).Outcome);
        var own = Tcp("0.0.0.0", 6379, redis with { Unit = "redis.service", Container = null }) with { Namespace = "redis.service" };
        Assert.Equal(Outcome.Pass, Present(Judge(open, own)).Outcome);
    }

    [Fact]
    public void A_role_requires_one_of_its_ports()
    {
        Outcome With(int port) => Judge(new Settings { Roles = ["tomcat"] }, Tcp("0.0.0.0", port, Tomcat))
            .Single(finding => finding.Rule == PortRules.ExpectedPresent && finding.Subject == "tcp 8080,8443 tomcat*.service").Outcome;
        Assert.Equal([Outcome.Pass, Outcome.Pass, Outcome.Fail], new[] { With(8080), With(8443), With(8005) });
    }

    [Fact]
    [Shows("ports.expected-present", Outcome.NotApplicable)]
    public void A_policy_without_required_entries_makes_presence_not_applicable() =>
        Assert.Equal(Outcome.NotApplicable, Present(Judge(Allow(new PortEntry { Port = Port(1) }))).Outcome);

    [Fact]
    [Shows("ports.reach-limited", Outcome.NotApplicable)]
    public void Where_nothing_listens_only_expected_programs_listen_and_reach_does_not_apply()
    {
        var findings = Judge(Allow(new PortEntry { Port = Port(1) }));
        Assert.Equal(Outcome.Pass, Expected(findings).Outcome);
        Assert.Equal(Outcome.NotApplicable, Assert.Single(findings, finding => finding.Rule == PortRules.ReachLimited).Outcome);
    }

    [Fact]
    public void Where_the_holder_is_not_seen_an_entry_that_names_one_gives_unknown_for_all_rules()
    {
        var findings = Judge(Allow(new PortEntry { Port = Port(8080), Unit = "tomcat*.service", Required = true }), Tcp("0.0.0.0", 8080));
        Assert.Equal([Outcome.Unknown, Outcome.Unknown, Outcome.Unknown], findings.Select(finding => finding.Outcome));
        Assert.Contains(findings, finding => finding.Subject == "tcp 0.0.0.0:8080 unattributed");
    }

    [Fact]
    public void Where_the_holder_is_not_seen_the_port_alone_can_still_pass_or_fail()
    {
        Assert.Equal(Outcome.Pass, Expected(Judge(Allow(new PortEntry { Port = Port(2049) }), Tcp("0.0.0.0", 2049))).Outcome);
        Assert.Equal(Outcome.Fail, Expected(Judge(Allow(new PortEntry { Port = Port(1) }), Tcp("0.0.0.0", 2049))).Outcome);
    }

    [Fact]
    public void A_program_that_may_not_be_read_gives_unknown_where_the_entry_names_one() =>
        Assert.Equal(Outcome.Unknown, Expected(Judge(Allow(new PortEntry { Port = Port(8080), Program = "/usr/bin/java" }), Tcp("0.0.0.0", 8080, Tomcat with { Program = null }))).Outcome);

    [Fact]
    public void A_socket_in_the_hands_of_a_stranger_too_fails_and_the_stranger_is_named()
    {
        var stranger = new Holder("/tmp/miner", false, "bob", "session-3.scope", null, false);
        var finding = Expected(Judge(Allow(new PortEntry { Port = Port(8080), Unit = "tomcat10.service" }), Tcp("0.0.0.0", 8080, Tomcat, stranger)));
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains("/tmp/miner", finding.Message, StringComparison.Ordinal);
        Assert.Contains("/tmp/miner", finding.Evidence.ToJson()["other_holders"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssh.socket")]
    [InlineData("ssh.service")]
    public void A_waiting_socket_is_allowed_by_its_socket_unit_or_its_service_and_keeps_its_subject_when_the_service_takes_it(string unit)
    {
        var socket = new SocketUnit("ssh.socket", "ssh.service", Protocol.Tcp, null, 22);
        var sshd = new Holder("/usr/sbin/sshd", false, "root", "ssh.service", null, false);
        var waiting = new Listener(Protocol.Tcp, IPAddress.IPv6Any, 22, true, [Systemd], socket, null);
        var running = waiting with { Holders = [sshd, Systemd] };
        var policy = Allow(new PortEntry { Port = Port(22), Unit = unit });
        Assert.Equal("tcp *:22 ssh.service", waiting.Subject);
        Assert.Equal(waiting.Subject, running.Subject);
        Assert.Equal([Outcome.Pass, Outcome.Pass], new[] { Expected(Judge(policy, waiting)).Outcome, Expected(Judge(policy, running)).Outcome });
    }

    [Fact]
    public void A_waiting_socket_gives_unknown_where_the_entry_names_a_program()
    {
        var waiting = new Listener(Protocol.Tcp, IPAddress.Any, 22, null, [Systemd], new SocketUnit("ssh.socket", "ssh.service", Protocol.Tcp, null, 22), null);
        Assert.Equal(Outcome.Unknown, Expected(Judge(Allow(new PortEntry { Port = Port(22), Program = "/usr/sbin/sshd" }), waiting)).Outcome);
    }

    [Fact]
    public void Client_udp_is_listed_and_not_judged_unless_an_entry_or_a_socket_unit_speaks_of_it()
    {
        var client = Tcp("0.0.0.0", 40000, Tomcat) with { Protocol = Protocol.Udp };
        var listed = Expected(Judge(Allow(new PortEntry { Port = Port(1) }), client));
        Assert.Equal(Outcome.NotApplicable, listed.Outcome);
        Assert.Contains("udp 0.0.0.0:40000 tomcat10.service", listed.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(Outcome.Fail, Expected(Judge(Allow(new PortEntry { Protocol = "udp", Port = Port(40000), Unit = "x.service" }), client)).Outcome);
        Assert.Equal(Outcome.Fail, Expected(Judge(Allow(new PortEntry { Port = Port(1) }), client with { Socket = new SocketUnit("a.socket", "a.service", Protocol.Udp, null, 40000) })).Outcome);
        Assert.Equal(Outcome.Fail, Expected(Judge(Allow(new PortEntry { Port = Port(1) }), client with { Port = 5353 })).Outcome);
    }

    [Fact]
    public void An_unknown_role_makes_what_nothing_else_allows_unknown_and_every_rule_says_so()
    {
        var findings = Judge(new Settings { Roles = ["teapot"], Ports = new PortSettings { Allow = [new PortEntry { Port = Port(8080) }] } }, Tcp("0.0.0.0", 8080, Tomcat), Tcp("0.0.0.0", 9, Tomcat));
        foreach (var rule in PortRules.All) Assert.Contains(findings, finding => finding.Rule == rule && finding.Outcome == Outcome.Unknown && finding.Subject == "role teapot");
        Assert.Equal(Outcome.Pass, Expected(findings, "tcp 0.0.0.0:8080 tomcat10.service").Outcome);
        Assert.Equal(Outcome.Unknown, Expected(findings, "tcp 0.0.0.0:9 tomcat10.service").Outcome);
    }

    [Fact]
    public void What_could_not_be_seen_is_unknown_and_a_missing_listener_may_be_there()
    {
        var policy = PortPolicy.Of(Allow(new PortEntry { Port = Port(1), Required = true }))!;
        var findings = new PortVerdicts(policy, Today).Judge(new PortSurvey([], new PortRange(32768, 60999), ["blue"], HiddenNamespaces: true, HiddenProcesses: true));
        Assert.Equal(Outcome.Unknown, Expected(findings, "other network namespaces").Outcome);
        Assert.Equal(Outcome.Unknown, Expected(findings, "netns:blue").Outcome);
        Assert.Equal(Outcome.Unknown, Present(findings).Outcome);
    }

    [Fact]
    public void No_roles_and_no_allowed_port_is_no_policy() => Assert.Null(PortPolicy.Of(new Settings()));

    [Fact]
    public void A_protocol_that_does_not_exist_is_refused_by_name()
    {
        var error = Assert.Throws<FormatException>(() => PortPolicy.Of(Allow(new PortEntry { Protocol = "icmp", Port = Port(1) })));
        Assert.Contains("icmp", error.Message, StringComparison.Ordinal);
    }

    static PortRange Port(int port) => new(port, port);

    static Settings Allow(params PortEntry[] entries) => new() { Ports = new PortSettings { Allow = entries } };

    static Listener Tcp(string address, int port, params Holder[] holders) => new(Protocol.Tcp, IPAddress.Parse(address), port, null, holders, null, null);

    static IReadOnlyList<Finding> Judge(Settings settings, params Listener[] listeners) =>
        new PortVerdicts(PortPolicy.Of(settings)!, Today).Judge(new PortSurvey(listeners, new PortRange(32768, 60999), [], false, false)).Note();

    static Finding Expected(IReadOnlyList<Finding> findings, string? subject = null) =>
        Assert.Single(findings, finding => finding.Rule == PortRules.ExpectedOnly && (subject is null || finding.Subject == subject));

    static Finding Present(IReadOnlyList<Finding> findings) => Assert.Single(findings, finding => finding.Rule == PortRules.ExpectedPresent);
}
