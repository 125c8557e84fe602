namespace Ratchet.Agent.Checks.Ports;

/// <summary>The rules about listening sockets.</summary>
static class PortRules
{
    static readonly Controls Controls = new(
        ["164.312(a)(1)", "164.312(e)(1)", "164.308(a)(1)(ii)(B)"], ["01.m", "09.m", "01.n", "01.i"]);

    public static readonly Rule ExpectedOnly = new(
        "ports.expected-only", "Only programs that the port policy names listen on the network", Severity.High,
        "Every listener is a door. One that nobody decided on is a forgotten test, a default that a package switched on, or an intruder's way back in.",
        "Stop and disable the service (the unit and executable are in the evidence). If it belongs there, add it to ports.allow, or for a time to ports.exceptions with owner, reason and expiry.",
        Controls);

    public static readonly Rule ExpectedPresent = new(
        "ports.expected-present", "Every listener that the port policy requires is there", Severity.High,
        "A service that should listen and does not is an outage, or has been replaced or moved by somebody; a monitor that only counts what is open does not see what is gone.",
        "Start the service and read its journal. If it is no longer meant to run here, change the role of the host or the required entry in ports.allow.",
        Controls);

    public static readonly Rule ReachLimited = new(
        "ports.reach-limited", "Listeners are bound no wider than the port policy says", Severity.High,
        "A database or management interface on the wildcard address is kept from the world by nothing but a firewall rule, and the next network change takes that away.",
        "Bind the service to the loopback or private address (address=, listen_addresses, http.host …) instead of the wildcard, and restart it.",
        Controls);

    public static readonly IReadOnlyList<Rule> All = [ExpectedOnly, ExpectedPresent, ReachLimited];
}
