using System.Net;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ports;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>Which listeners are asked, how, and which are left alone.</summary>
public sealed class TlsTargetTests
{
    static readonly Holder Systemd = new("/usr/lib/systemd/systemd", false, "root", null, null, IsSystemd: true);

    static Listener Open(string address, int port, string? program, string? unit = null, string? space = null) =>
        new(Protocol.Tcp, IPAddress.Parse(address), port, null, [new Holder(program, false, "root", unit, null, false)], null, space);

    static IReadOnlyList<TlsTarget> Choose(Settings settings, params Listener[] listeners)
    {
        using var host = new HostTree();
        return TlsTarget.Choose(new PortSurvey(listeners, new PortRange(32768, 60999), [], false, false), PortPolicy.Of(settings), host.Machine);
    }

    static Settings Allowing(params PortEntry[] entries) => new() { Ports = new PortSettings { Allow = entries } };

    static Approach To(Listener listener, Wire? wire = null)
    {
        using var host = new HostTree();
        return Approach.To(listener, wire, "ports.allow[0]", host.Machine);
    }

    [Fact]
    public void What_other_hosts_can_reach_is_asked_and_loopback_is_not()
    {
        var targets = Choose(new Settings(), Open("0.0.0.0", 443, "/usr/sbin/nginx"), Open("127.0.0.1", 8443, "/usr/sbin/nginx"), Open("10.0.0.5", 9443, "/opt/app"),
            Open("0.0.0.0", 53, "/usr/sbin/named") with { Protocol = Protocol.Udp });
        Assert.Equal([443, 9443], targets.Select(target => target.Listener.Port));
        Assert.Equal([Opening.Tls, Opening.Listen], targets.Select(target => target.Approach.Opening!.Value));
    }

    [Fact]
    public void Loopback_is_asked_where_the_site_marks_it_and_not_where_a_role_does()
    {
        Listener proxied = Open("127.0.0.1", 8443, "/usr/bin/java", "tomcat10.service"), bare = Open("127.0.0.1", 8080, "/usr/bin/java", "tomcat10.service");
        Assert.Empty(Choose(new Settings { Roles = ["tomcat"] }, bare, proxied));
        Assert.Equal(Wire.Tls, Assert.Single(Choose(Allowing(new PortEntry { Port = new PortRange(8443, 8443), Wire = Wire.Tls }), bare, proxied)).Wire);
    }

    [Fact]
    public void The_sites_word_is_later_than_the_roles()
    {
        var settings = Allowing(new PortEntry { Port = new PortRange(8080, 8080), Unit = "tomcat*.service", Wire = Wire.Plain });
        settings.Roles = ["tomcat"];
        var target = Assert.Single(Choose(settings, Open("0.0.0.0", 8080, "/usr/bin/java", "tomcat10.service")));
        Assert.Equal((Wire.Plain, true), (target.Wire!.Value, target.Approach.IsExempt));
    }

    [Fact]
    public void A_mark_holds_in_the_hands_of_the_named_unit_alone_and_for_its_time()
    {
        var entry = new PortEntry { Port = new PortRange(443, 443), Unit = "nginx.service", Wire = Wire.Plain };
        Assert.Null(Assert.Single(Choose(Allowing(entry), Open("0.0.0.0", 443, "/home/bob/server", "session-1.scope"))).Wire);
        var ended = new PortException { Port = new PortRange(443, 443), Wire = Wire.Plain, Owner = "ops", Reason = "x", Expires = new DateOnly(2020, 1, 1) };
        var settings = Allowing(new PortEntry { Port = new PortRange(1, 1) });
        settings.Ports.Exceptions = [ended];
        Assert.Null(Assert.Single(Choose(settings, Open("0.0.0.0", 443, "/usr/sbin/nginx"))).Wire);
    }

    [Theory]
    [InlineData("/usr/bin/redis-server")]
    [InlineData("/usr/bin/memcached")]
    [InlineData("/usr/lib/erlang/erts-13/bin/beam.smp")]
    [InlineData("/usr/bin/nc.openbsd")]
    [InlineData("/usr/lib/jvm/java-17-openjdk-amd64/bin/java")]
    [InlineData("/usr/bin/jsvc")]
    public void What_a_strangers_bytes_may_disturb_is_left_alone_until_it_is_marked(string program)
    {
        var left = To(Open("0.0.0.0", 6379, program));
        Assert.Equal((null, false), (left.Opening, left.IsExempt));
        Assert.Contains("\"wire\"", left.Reason, StringComparison.Ordinal);
        Assert.NotNull(To(Open("0.0.0.0", 6379, program), Wire.Tls).Opening);
    }

    [Theory]
    [InlineData("/usr/sbin/mysqld")]
    [InlineData("/usr/sbin/mariadbd")]
    [InlineData("/opt/mssql/bin/sqlservr")]
    public void What_counts_broken_handshakes_is_left_alone_even_where_it_is_marked(string program) =>
        Assert.All(new Wire?[] { null, Wire.Tls, Wire.Redirect }, wire => Assert.Null(To(Open("0.0.0.0", 3306, program), wire).Opening));

    [Theory]
    [InlineData("/usr/lib/postgresql/16/bin/postgres")]
    [InlineData("/usr/sbin/pgbouncer")]
    public void PostgreSQL_and_its_pooler_are_asked_in_their_own_way(string program) => Assert.Equal(Opening.Postgres, To(Open("0.0.0.0", 5432, program)).Opening);

    [Fact]
    public void An_SSH_server_is_left_to_the_sshd_rules()
    {
        var socket = new SocketUnit("ssh.socket", "ssh.service", Protocol.Tcp, null, 22);
        var waiting = new Listener(Protocol.Tcp, IPAddress.Any, 22, null, [Systemd], socket, null);
        Assert.All([To(Open("0.0.0.0", 2222, "/usr/sbin/sshd")), To(waiting), To(waiting with { Holders = [new Holder("/usr/sbin/sshd", false, "root", "ssh.service", null, false), Systemd] })],
            approach => Assert.True(approach.IsExempt, approach.Reason));
    }

    [Fact]
    public void A_service_that_a_connection_would_start_is_left_alone()
    {
        var waiting = new Listener(Protocol.Tcp, IPAddress.Any, 443, null, [Systemd], new SocketUnit("app.socket", "app.service", Protocol.Tcp, null, 443), null);
        var approach = To(waiting, Wire.Tls);
        Assert.Equal((null, false), (approach.Opening, approach.IsExempt));
    }

    [Fact]
    public void Who_is_not_seen_is_not_connected_to()
    {
        Assert.Null(To(new Listener(Protocol.Tcp, IPAddress.Any, 2049, null, [], null, null)).Opening);
        Assert.Null(To(Open("0.0.0.0", 8443, program: null), Wire.Tls).Opening);
        Assert.Null(To(Open("0.0.0.0", 443, "/usr/sbin/nginx", space: "docker:0123456789ab"), Wire.Tls).Opening);
    }

    [Fact]
    public void The_Salt_master_encrypts_by_itself()
    {
        Assert.True(To(Open("0.0.0.0", 4505, "/opt/saltstack/salt/bin/python3.10", "salt-master.service")).IsExempt);
        Assert.True(Assert.Single(Choose(new Settings { Roles = ["salt-master"] }, Open("0.0.0.0", 4506, "/usr/bin/python3", "salt-master.service"))).Approach.IsExempt);
    }

    [Fact]
    public void The_wildcard_is_asked_through_loopback_and_for_pages_through_an_address_of_the_hosts_own()
    {
        var target = Assert.Single(Choose(new Settings(), Open("0.0.0.0", 443, "/usr/sbin/nginx")));
        IPAddress own = IPAddress.Parse("10.0.0.5"), six = IPAddress.Parse("2001:db8::5");
        Assert.Equal("127.0.0.1:443", target.EndPoint.ToString());
        Assert.Equal("10.0.0.5:443", target.PageEndPoint([six, own]).ToString());
        Assert.Equal("127.0.0.1:443", target.PageEndPoint([]).ToString());
        Assert.Equal(["10.0.0.5:443"], target.OtherPlaces([six, own]).Select(place => place.ToString()));
        Assert.False(target.IsElsewhere([]));
    }

    [Fact]
    public void An_address_that_moved_to_another_host_is_not_connected_to()
    {
        var target = Assert.Single(Choose(new Settings(), Open("10.0.0.9", 443, "/usr/sbin/haproxy")));
        Assert.True(target.IsElsewhere([IPAddress.Parse("10.0.0.5")]));
        Assert.False(target.IsElsewhere([IPAddress.Parse("10.0.0.9")]));
    }
}
