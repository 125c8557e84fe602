using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ports;

/// <summary>
/// The built-in policies. Required is only what a host of the role cannot do its work without; a site adds its own in
/// ports.allow. Not here on purpose: Tomcat's shutdown port 8005, AJP 8009, JMX, LLMNR 5355, rpcbind.
/// </summary>
static class RolePolicies
{
    /// <summary>What every host with a role may and must have.</summary>
    public static readonly IReadOnlyList<PolicyEntry> Base =
    [
        Entry("base", Protocol.Tcp, [22], ["ssh.service", "ssh.socket", "sshd.service", "sshd.socket", "ssh@*.service"], Reach.Any, required: true),
        Entry("base", Protocol.Udp, [53], ["systemd-resolved.service"], Reach.Loopback),
        Entry("base", Protocol.Tcp, [53], ["systemd-resolved.service"], Reach.Loopback),
        // The DHCP clients bind the leased address, or the wildcard before there is a lease.
        Entry("base", Protocol.Udp, [68, 546], ["systemd-networkd.service", "networking.service", "ifup@*.service"], Reach.Any),
        Entry("base", Protocol.Udp, [323], ["chrony.service", "chronyd.service"], Reach.Loopback),
        // Router advertisements (ICMPv6).
        Entry("base", Protocol.Raw, [58], ["systemd-networkd.service"], Reach.Any),
    ];

    public static readonly IReadOnlyDictionary<string, IReadOnlyList<PolicyEntry>> ByRole = new Dictionary<string, IReadOnlyList<PolicyEntry>>
    {
        ["tomcat"] =
        [
            Entry("role tomcat", Protocol.Tcp, [8080, 8443], ["tomcat*.service"], Reach.Any, required: true),
            Entry("role tomcat", Protocol.Tcp, [8080], ["tomcat*.service"], Reach.Any, wire: Wire.Redirect),
            Entry("role tomcat", Protocol.Tcp, [8443], ["tomcat*.service"], Reach.Any, wire: Wire.Tls),
        ],
        ["grails"] =
        [
            Entry("role grails", Protocol.Tcp, [8080, 8443], ["grails*.service", "tomcat*.service"], Reach.Any, required: true),
            Entry("role grails", Protocol.Tcp, [8080], ["grails*.service", "tomcat*.service"], Reach.Any, wire: Wire.Redirect),
            Entry("role grails", Protocol.Tcp, [8443], ["grails*.service", "tomcat*.service"], Reach.Any, wire: Wire.Tls),
        ],
        ["postgres"] = [Entry("role postgres", Protocol.Tcp, [5432], ["postgresql@*.service"], Reach.Private, required: true)],
        ["logstash"] =
        [
            Entry("role logstash", Protocol.Tcp, [5044, 8443], ["logstash.service"], Reach.Any, required: true, wire: Wire.Tls),
            Entry("role logstash", Protocol.Tcp, [9600], ["logstash.service"], Reach.Loopback),
        ],
        ["salt-master"] =
        [
            Entry("role salt-master", Protocol.Tcp, [4505], ["salt-master.service"], Reach.Any, required: true, wire: Wire.Own),
            Entry("role salt-master", Protocol.Tcp, [4506], ["salt-master.service"], Reach.Any, required: true, wire: Wire.Own),
        ],
        ["web"] =
        [
            Entry("role web", Protocol.Tcp, [80, 443], ["nginx.service", "apache2.service", "haproxy.service"], Reach.Any, required: true),
            Entry("role web", Protocol.Tcp, [80], ["nginx.service", "apache2.service", "haproxy.service"], Reach.Any, wire: Wire.Redirect),
            Entry("role web", Protocol.Tcp, [443], ["nginx.service", "apache2.service", "haproxy.service"], Reach.Any, wire: Wire.Tls),
        ],
    };

    static PolicyEntry Entry(string source, Protocol protocol, int[] ports, string[] units, Reach reach, bool required = false, Wire? wire = null) =>
        new(source, protocol, [.. ports.Select(port => new PortRange(port, port))], units, [], null, reach, required) { Wire = wire };
}
