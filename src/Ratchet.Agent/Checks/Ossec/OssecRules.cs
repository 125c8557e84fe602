namespace Ratchet.Agent.Checks.Ossec;

/// <summary>The rules about host intrusion detection: OSSEC, and Wazuh under the same names.</summary>
static class OssecRules
{
    static readonly Controls Detection = new(
        ["164.312(b)", "164.308(a)(1)(ii)(D)", "164.308(a)(5)(ii)(B)", "164.308(a)(6)(ii)"], ["09.ab", "09.j"]);

    static readonly Controls FileIntegrity = new(["164.312(c)(1)", "164.312(b)"], ["09.ab", "10.h", "09.ac"]);

    public static readonly Rule Installed = new(
        "ossec.installed", "Host intrusion detection is installed", Severity.High,
        "Without it nobody sees that a file was changed, a log entry repeated a thousand times or a rootkit came to stay.",
        "Apply the host's Salt state; it installs the agent and registers it with its manager.",
        Detection);

    public static readonly Rule DaemonsRunning = new(
        "ossec.daemons-running", "Every daemon of the intrusion detection runs, once", Severity.High,
        "Each daemon watches something else (logs, files, the way to the manager). One that is dead or stopped by a signal is a blind eye, and killing it is an intruder's first move.",
        "Read logs/ossec.log for the reason and restart the agent (systemctl restart ossec, or wazuh-agent). Kill the older of two equal daemons first.",
        Detection);

    public static readonly Rule ManagerConnected = new(
        "ossec.manager-connected", "The agent is connected to its manager", Severity.High,
        "An agent without its manager alarms nobody: what it sees waits on the host, in the hands of whoever took the host over.",
        "Check the way to the manager (UDP or TCP port 1514), that its remoted runs, and in its log whether it refuses this agent's key or counter; then restart the agent.",
        Detection);

    public static readonly Rule QueueAccepting = new(
        "ossec.queue-accepting", "The event queue has a reader", Severity.High,
        "All daemons hand their events over through one socket. With nobody behind it they are dropped without a word.",
        "Restart the agent: the reader (agentd, on a server analysisd) makes the socket anew.",
        Detection);

    public static readonly Rule KeysValid = new(
        "ossec.keys-valid", "The agent has exactly one key, its own, and nobody else can read it", Severity.High,
        "Who reads the key can speak as this host; an agent without a key, or with another's, is refused by the manager.",
        "Register the agent anew (agent-auth), restart it, and set client.keys to root:ossec (wazuh) 0640.",
        new Controls(["164.312(b)", "164.312(d)", "164.308(a)(6)(ii)"], ["09.ab", "10.g"]));

    public static readonly Rule SyscheckRecent = new(
        "ossec.syscheck-recent", "The last file integrity scan is as recent as configured", Severity.Medium,
        "A scan that no longer ends leaves changed files unseen, while every process looks alive.",
        "See in logs/ossec.log whether scans begin and end; switch syscheck on in ossec.conf, or restart the agent.",
        FileIntegrity);

    public static readonly Rule RootcheckRecent = new(
        "ossec.rootcheck-recent", "The last rootkit scan is as recent as configured", Severity.Medium,
        "A rootkit is found by the scan that looks for it, and by no other sign.",
        "See in logs/ossec.log whether scans begin and end; switch rootcheck on in ossec.conf, or restart the agent.",
        FileIntegrity);

    public static IReadOnlyList<Rule> All { get; } = [Installed, DaemonsRunning, ManagerConnected, QueueAccepting, KeysValid, SyscheckRecent, RootcheckRecent];
}
