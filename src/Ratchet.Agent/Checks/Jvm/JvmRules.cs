namespace Ratchet.Agent.Checks.Jvm;

/// <summary>The rules about every running JVM.</summary>
static class JvmRules
{
    static readonly Controls Management = new(["164.312(a)(1)", "164.312(d)", "164.308(a)(1)(ii)(B)"], ["01.l", "01.i", "10.h"]);

    public static readonly Rule DebuggerOff = new(
        "jvm.debugger-off", "No JVM has its debugger loaded", Severity.Critical,
        "Whoever reaches the debugger's port runs any code in the application, with its database connections and keys; there is no password.",
        "Remove -agentlib:jdwp (or -Xrunjdwp) where the finding says it stands: command line, JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, _JAVA_OPTIONS, setenv.sh, an @file; then restart.",
        Management);

    public static readonly Rule JmxProtected = new(
        "jvm.jmx-protected", "Remote management (JMX) is off, or asks for a password over TLS", Severity.Critical,
        "JMX without a password lets anybody who reaches it load code into the application; without TLS the password can be read on the way.",
        "Remove com.sun.management.jmxremote.port, or set com.sun.management.jmxremote.authenticate and .ssl to true with a password file of mode 0600; then restart.",
        Management);

    public static readonly Rule NotRoot = new(
        "jvm.not-root", "No JVM runs as root or with root's powers", Severity.High,
        "A hole in the application is then a hole in the host: its keys, its logs, its neighbours' data.",
        "Set User= in the unit (and AmbientCapabilities=CAP_NET_BIND_SERVICE for a port below 1024), give the files to that user, restart.",
        new Controls(["164.312(a)(1)", "164.308(a)(1)(ii)(B)"], ["01.c", "10.h"]));

    public static readonly Rule Supported = new(
        "jvm.supported", "Every JVM is of a maintained release, and is the installed one", Severity.High,
        "Holes of Java are published four times a year; a release without updates keeps them, and so does a process that was not restarted after one.",
        "Install a maintained release (the distribution's openjdk packages, or a current LTS) and restart what runs on the old one.",
        new Controls(["164.308(a)(1)(ii)(B)", "164.308(a)(5)(ii)(B)", "164.308(a)(8)"], ["10.m", "06.h", "10.h"]));

    public static readonly Rule DumpsProtected = new(
        "jvm.dumps-protected", "Heap dumps and crash logs can be read by their owner alone", Severity.High,
        "A heap dump holds every patient record and every password that was in memory at that moment.",
        "Move the file to encrypted storage or delete it; set -XX:HeapDumpPath to a directory of mode 0700 outside of the web applications.",
        new Controls(["164.312(a)(1)", "164.312(a)(2)(iv)"], ["06.d", "01.c"]));

    public static readonly Rule NoSecretsInArguments = new(
        "jvm.no-secrets-in-arguments", "No JVM was given a secret in its arguments", Severity.High,
        "Arguments can be read by every account of the host (ps), and land in crash logs and monitoring.",
        "Hand the secret over in a file that only the service's user can read (systemd's LoadCredential=, a properties file), and change it: it has been seen.",
        new Controls(["164.312(a)(2)(i)", "164.308(a)(5)(ii)(D)", "164.312(d)"], ["01.d", "10.g"]));

    public static IReadOnlyList<Rule> All { get; } = [DebuggerOff, JmxProtected, NotRoot, Supported, DumpsProtected, NoSecretsInArguments];
}
