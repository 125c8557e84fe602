using System.CommandLine;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Cli;
using Ratchet.Agent.Configuration;

// Every check stands here, once: nothing is found by scanning.
var setup = new Setup(Checks);

var root = new RootCommand("Proves that this host keeps its promises, and ships signed findings to Logstash.")
{
    setup.Config,
    RunVerb.Build(setup),
    CheckVerb.Build(setup),
    VerifyVerb.Build(),
    RulesVerb.BuildRules(setup),
    RulesVerb.BuildExplain(setup),
    KeyVerb.Build(setup),
    StatusVerb.Build(setup),
    ConfigVerb.Build(setup),
};
return await root.Parse(args).InvokeAsync();

static IReadOnlyList<ICheck> Checks(Settings settings) =>
[
    new Waivers(settings.Waivers),
];
