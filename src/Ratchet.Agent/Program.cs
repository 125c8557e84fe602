using System.CommandLine;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Checks.Tomcat;
using Ratchet.Agent.Cli;
using Ratchet.Agent.Configuration;

var setup = new Setup(NewChecks);

var root = new RootCommand("Proves that this host keeps its promises, and ships signed findings to Logstash.")
{
    setup.Config,
    RunVerb.Build(setup),
    CheckVerb.Build(setup),
    PortsVerb.Build(setup),
    VerifyVerb.Build(),
    RulesVerb.BuildRules(setup),
    RulesVerb.BuildExplain(setup),
    KeyVerb.Build(setup),
    MaintenanceVerb.Build(setup),
    StatusVerb.Build(setup),
    ConfigVerb.Build(setup),
};
// What the package is made with.
root.Add(ManualVerb.Build(setup, root));
root.Add(CompletionVerb.Build(setup, root));
// Signals are the service's own: the parser's handler would end the process two seconds after SIGTERM.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

sealed partial class Program
{
    /// <summary>Every check stands here, once: nothing is found by scanning.</summary>
    public static IReadOnlyList<ICheck> NewChecks(Settings settings) => NewChecks(settings, orphans: []);

    /// <param name="orphans">Sockets without a holder: remembered for the two checks that look at listeners.</param>
    static IReadOnlyList<ICheck> NewChecks(Settings settings, HashSet<ulong> orphans) =>
    [
        new DiskCheck(settings),
        new PortsCheck(settings, orphans),
        new TlsCheck(settings, orphans),
        new SshdCheck(settings.Ssh),
        new OssecCheck(settings.Ossec),
        new JvmCheck(),
        new TomcatCheck(settings.Tomcat),
        new PostgresCheck(settings.Postgresql),
        new Waivers(settings.Waivers),
        new AlertsCheck(settings),
    ];
}
