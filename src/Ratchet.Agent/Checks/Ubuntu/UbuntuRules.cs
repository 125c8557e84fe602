namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>The rules about the system below the applications: release, updates, restart, clock, logs.</summary>
static class UbuntuRules
{
    static readonly Controls Patches = new(["164.308(a)(1)(ii)(B)", "164.308(a)(5)(ii)(B)", "164.308(a)(8)"], ["10.m", "06.h", "10.h"]);

    public static readonly Rule Supported = new(
        "ubuntu.supported", "The release of Ubuntu still gets security updates", Severity.High,
        "Holes are published every day; a release without updates keeps all of them.",
        "Upgrade to a supported LTS release (do-release-upgrade), or attach the host to Ubuntu Pro (pro attach) and enable esm-infra.",
        Patches);

    public static readonly Rule SecurityUpdates = new(
        "ubuntu.security-updates", "Security updates are installed within the time that the policy gives", Severity.High,
        "An update tells everybody where the hole was: from then on it is looked for from outside.",
        "apt-get update && unattended-upgrade, or apt-get install the packages of the evidence; where apt holds one, ask who told it to (apt-mark showhold).",
        Patches);

    public static readonly Rule RebootCurrent = new(
        "ubuntu.reboot-current", "What runs is what is installed: the kernel, and the libraries of services", Severity.High,
        "An update that is installed and does not run protects nothing: the old kernel and the services that still hold old libraries have the old holes.",
        "Restart the services of the evidence (needrestart does it), or the host where it is the kernel.",
        Patches);

    public static readonly Rule UnattendedUpgrades = new(
        "ubuntu.unattended-upgrades", "Security updates install themselves", Severity.Medium,
        "What waits for a person waits over weekends, holidays and the host that nobody remembers.",
        "Install unattended-upgrades; set APT::Periodic::Update-Package-Lists and APT::Periodic::Unattended-Upgrade to \"1\" and keep ${distro_id}:${distro_codename}-security among the allowed origins; systemctl enable --now apt-daily.timer apt-daily-upgrade.timer.",
        Patches);

    public static readonly Rule ClockSynchronised = new(
        "ubuntu.clock-synchronised", "The clock is synchronised", Severity.Medium,
        "Logs of hosts with different clocks cannot be put together after a break-in; certificates and tokens that ended are taken, good ones refused.",
        "Run chrony (with rtcsync) or systemd-timesyncd, and let it reach its servers (UDP 123; 169.254.169.123 on AWS).",
        new Controls(["164.312(b)"], ["09.af"]));

    public static readonly Rule AuditLogged = new(
        "ubuntu.audit-logged", "Logs leave the host, over TLS, to a receiver that proves who it is", Severity.High,
        "Whoever takes over a host removes the traces there first; what left in clear was read, or changed, on the way.",
        "Let rsyslog forward with StreamDriver=\"gtls\" StreamDriverMode=\"1\" StreamDriverAuthMode=\"x509/name\", or systemd-journal-upload to an https:// address; restart it.",
        new Controls(["164.312(b)", "164.308(a)(1)(ii)(D)", "164.308(a)(5)(ii)(C)", "164.312(c)(1)"], ["09.aa", "09.ac"]));

    public static IReadOnlyList<Rule> All { get; } = [Supported, SecurityUpdates, RebootCurrent, UnattendedUpgrades, ClockSynchronised, AuditLogged];
}
