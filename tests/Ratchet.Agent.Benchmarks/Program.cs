// Benchmarks with a printed ratio. Without arguments all of them run; the other words are what the benchmarks start themselves.
using Ratchet.Agent.Benchmarks;

return args switch
{
    [] => PortsBenchmark.Start() | OssecBenchmark.Start() | DiskBenchmark.Start() | VerifyBenchmark.Start() | SpoolBenchmark.Start() | DrainBenchmark.Start() | AgentBenchmark.Start(),
    ["ports"] => PortsBenchmark.Start(),
    ["ossec"] => OssecBenchmark.Start(),
    ["disk"] => DiskBenchmark.Start(),
    ["verify"] => VerifyBenchmark.Start(),
    ["disk-inside"] => DiskBenchmark.Measure(),
    ["spool"] => SpoolBenchmark.Start(),
    ["drain"] => DrainBenchmark.Start(),
    ["agent"] => AgentBenchmark.Start(),
    ["ports-inside"] => PortsBenchmark.Measure(),
    ["hold-listeners", var first, var count] => SocketHolder.Listeners(int.Parse(first), int.Parse(count)),
    ["hold-connections", var number, var count] => SocketHolder.Connections(int.Parse(number), int.Parse(count)),
    ["verb", .. var rest] => PortsBenchmark.Verb(rest),
    _ => 64,
};
