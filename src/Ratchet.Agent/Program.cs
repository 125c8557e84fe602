using System.CommandLine;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Checks.Salt;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Checks.Tomcat;
using Ratchet.Agent.Checks.Ubuntu;
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
    ControlsVerb.Build(setup),
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
    /// <param name="aws">What is known of the cloud; null: nothing yet.</param>
    public static IReadOnlyList<ICheck> NewChecks(Settings settings, AwsSurvey? aws = null)
    {
        aws ??= new AwsSurvey();
        // Looked at by two checks each. Sockets without a holder are remembered for whoever looks at the listeners.
        var (java, sshd, postgresql) = (new JavaProcesses(), new SshdSurvey(settings.Ssh), new ServerClient(settings.Postgresql.Role));
        var orphans = new HashSet<ulong>();
        ICheck[] checks =
        [
            new DiskCheck(settings, aws),
            new PortsCheck(settings, orphans),
            new TlsCheck(settings, orphans, clock: aws.Clock),
            new SshdCheck(sshd),
            new OssecCheck(settings.Ossec),
            new JvmCheck(java),
            new TomcatCheck(settings.Tomcat, java),
            new PostgresCheck(settings.Postgresql, postgresql, aws.Clock, orphans),
            new AccessCheck(settings, sshd, postgresql, aws.Clock),
            new UbuntuCheck(settings),
            new SaltCheck(settings.Salt),
            new AwsCheck(settings, aws, orphans),
            new Waivers(settings.Waivers),
        ];
        return [.. checks, new AlertsCheck(settings, checks.SelectMany(check => check.Rules))];
    }
}
