namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>The rules about every Tomcat: those that run, those inside applications, those at rest.</summary>
static class TomcatRules
{
    static readonly Controls Transmission = new(["164.312(e)(2)(ii)", "164.312(e)(1)", "164.312(e)(2)(i)"], ["09.m", "10.f"]);
    static readonly Controls Management = new(["164.312(a)(1)", "164.312(d)", "164.308(a)(1)(ii)(B)"], ["01.l", "01.i", "10.h"]);

    public static readonly Rule ConnectorsEncrypted = new(
        "tomcat.connectors-encrypted", "Every HTTP connector that can be reached from outside speaks TLS", Severity.Critical,
        "What a browser or a load balancer sends to a plain connector, patient data and session cookies, can be read and changed on the way.",
        "Give the connector SSLEnabled=\"true\" and an SSLHostConfig, or bind it to 127.0.0.1 (address=\"127.0.0.1\"); scheme and secure alone encrypt nothing. Restart.",
        Transmission);

    public static readonly Rule AjpProtected = new(
        "tomcat.ajp-protected", "AJP is off, or bound to loopback, or asks for a secret", Severity.Critical,
        "AJP trusts whoever connects: who reaches it reads files of the application (CVE-2020-1938) and says which user he is.",
        "Remove the AJP connector; where Apache needs it, set address=\"127.0.0.1\" or secretRequired=\"true\" with a long secret. Restart.",
        Management);

    public static readonly Rule ShutdownClosed = new(
        "tomcat.shutdown-closed", "No shutdown port is open with the word that everybody knows", Severity.Medium,
        "Every account of the host can stop the application with one word; from outside, if the port is bound there.",
        "Set port=\"-1\" at the Server element; systemd stops Tomcat by signal. Restart.",
        Management);

    public static readonly Rule ManagerRestricted = new(
        "tomcat.manager-restricted", "The manager applications are not deployed, or answer to named addresses alone", Severity.Critical,
        "Whoever logs in to the manager deploys an application, that is, runs any code.",
        "Remove the tomcat-admin package or the manager's directory and descriptor; or give its context a RemoteCIDRValve that allows the administrators' network alone.",
        Management);

    public static readonly Rule UsersSafe = new(
        "tomcat.users-safe", "No password of Tomcat's own users is kept in clear", Severity.High,
        "Who reads the users file, a backup of it or a support bundle, is an administrator.",
        "Give the realm a SecretKeyCredentialHandler (or MessageDigestCredentialHandler with SHA-256 and a salt) and store digests (digest.sh), or remove the users.",
        new Controls(["164.312(d)", "164.308(a)(5)(ii)(D)", "164.312(a)(2)(i)"], ["01.d", "01.q"]));

    public static readonly Rule AutoDeployOff = new(
        "tomcat.auto-deploy-off", "A file dropped into webapps does not run by itself", Severity.Medium,
        "With autoDeploy (the default) whoever can write one file there runs code, and no change passes through Salt.",
        "Set autoDeploy=\"false\" at every Host element. Restart.",
        new Controls(["164.308(a)(8)", "164.312(c)(1)", "164.308(a)(1)(ii)(B)"], ["10.h", "09.b", "10.k"]));

    public static readonly Rule VersionHidden = new(
        "tomcat.version-hidden", "Error pages do not tell Tomcat's version", Severity.Low,
        "The version tells an attacker which published hole to try.",
        "Add <Valve className=\"org.apache.catalina.valves.ErrorReportValve\" showReport=\"false\" showServerInfo=\"false\"/> to every Host. Restart.",
        new Controls(["164.308(a)(1)(ii)(B)", "164.312(a)(1)"], ["10.h", "10.m"]));

    public static readonly Rule AccessLogged = new(
        "tomcat.access-logged", "Every request is logged", Severity.Medium,
        "Without an access log nobody can say afterwards who asked for whose records.",
        "Add an AccessLogValve to the Engine or to every Host, without a condition. Restart.",
        new Controls(["164.312(b)", "164.308(a)(1)(ii)(D)"], ["09.aa", "09.ab"]));

    public static readonly Rule FilesProtected = new(
        "tomcat.files-protected", "Tomcat cannot change its own configuration and program, and others cannot read its secrets", Severity.High,
        "A hole in an application stays a hole for a day if it cannot write; if it can, it becomes a new realm, a new connector, a changed library.",
        "Give conf, bin and lib to root, mode 0755 for directories and 0640 root:tomcat for files; take everybody's access from logs, keys and users.",
        new Controls(["164.312(c)(1)", "164.312(a)(1)", "164.312(a)(2)(iv)"], ["10.h", "10.g", "06.d"]));

    public static readonly Rule Supported = new(
        "tomcat.supported", "Every Tomcat is of a maintained release, and is the installed one", Severity.High,
        "Tomcat publishes several holes a year; a release without updates keeps them, and so does a process that was not restarted after one.",
        "Move to a maintained release (the distribution's package, or a current one of tomcat.apache.org) and restart.",
        new Controls(["164.308(a)(1)(ii)(B)", "164.308(a)(5)(ii)(B)", "164.308(a)(8)"], ["10.m", "06.h", "10.h"]));

    public static readonly Rule RunningConfigCurrent = new(
        "tomcat.running-config-current", "The running Tomcat does what its files say", Severity.Medium,
        "What was changed and not restarted is a promise: the next restart brings a configuration that nobody has tried, and until then the files tell an auditor something else.",
        "Restart Tomcat; where a connector does not listen, read the log of its start.",
        new Controls(["164.308(a)(8)", "164.312(c)(1)"], ["09.b", "10.k", "10.h"]));

    public static IReadOnlyList<Rule> All { get; } =
    [
        ConnectorsEncrypted, AjpProtected, ShutdownClosed, ManagerRestricted, UsersSafe, AutoDeployOff, VersionHidden, AccessLogged, FilesProtected, Supported, RunningConfigCurrent,
    ];
}
