using System.CommandLine;
using System.Net;
using Ratchet.Agent.Cli;
using Ratchet.Receiver;

var listen = new Option<string>("--listen") { Description = "address and port", DefaultValueFactory = _ => "127.0.0.1:8443" };
var certificate = new Option<string>("--certificate") { Description = "PEM file of the server certificate", Required = true };
var key = new Option<string>("--key") { Description = "PEM file of its private key", Required = true };
var authority = new Option<string>("--client-ca") { Description = "PEM file of the authorities that vouch for clients", Required = true };
var keys = new Option<string>("--keys") { Description = "JWK Set of the hosts' signing keys", Required = true };
var directory = new Option<string>("--out") { Description = "directory of records.ndjson and quarantine.ndjson", Required = true };

var root = new RootCommand("The reference receiver of Ratchet's records: for trying the agent and for tests, not for production.") { listen, certificate, key, authority, keys, directory };
root.SetAction(async (arguments, cancel) =>
{
    var options = new ReceiverOptions(
        IPEndPoint.Parse(arguments.GetValue(listen)!), arguments.GetValue(certificate)!, arguments.GetValue(key)!,
        arguments.GetValue(authority)!, arguments.GetValue(keys)!, arguments.GetValue(directory)!);
    using var inbox = new Inbox(options.Keys, options.Directory);
    await using var app = HttpInput.Build(options, inbox);
    await app.StartAsync(cancel);
    Console.WriteLine($"listening on {string.Join(", ", app.Urls)}");
    var stopped = new TaskCompletionSource();
    using var registration = cancel.Register(() => stopped.SetResult());
    await stopped.Task;
    await app.StopAsync(CancellationToken.None);
    var report = inbox.Report();
    foreach (var chain in report.Chains) Console.WriteLine($"{chain.Host}: {chain.Records} records, chain {(chain.IsWhole ? "whole" : "NOT WHOLE")}");
    Console.WriteLine(VerifyOutput.Summary(report));
    return report.IsGood ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
