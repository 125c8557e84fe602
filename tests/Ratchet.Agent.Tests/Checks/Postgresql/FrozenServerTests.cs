using System.Globalization;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>A server that is frozen, and a psql that hangs and heeds no signal: the cluster beside it is judged as ever. Alone, for other tests ask all servers.</summary>
[Collection(WholeService.Name)]
public sealed class FrozenServerTests
{
    static readonly string[] OfTheServer = ["postgresql.hba-strong", "postgresql.sessions-encrypted", "postgresql.passwords-scram", "postgresql.connections-logged", "postgresql.config-applied"];

    [PostgresFact]
    public async Task A_frozen_server_is_unknown_the_other_is_judged_and_it_is_asked_again_when_it_thaws()
    {
        using var good = new PostgresCluster().Prepare();
        using var frozen = new PostgresCluster().Prepare();
        var check = new PostgresCheck(new PostgresqlSettings { Role = PostgresCluster.Role });
        var before = await PostgresCluster.CheckAsync(check);
        using (Stopped.Process(Postmaster(frozen)))
        {
            var during = await PostgresCluster.CheckAsync(check);
            Assert.Equal(Verdicts(before, good.Data), Verdicts(during, good.Data));
            AssertMute(during, frozen.Data, "timeout expired");
            Assert.DoesNotContain(Children(), child => child.Name == "psql");
        }
        Assert.Equal(Verdicts(before, frozen.Data), Verdicts(await PostgresCluster.CheckAsync(check), frozen.Data));
    }

    [PostgresFact]
    public async Task A_psql_that_heeds_no_signal_is_ended_and_pipes_that_its_grandchildren_hold_keep_nobody()
    {
        using var good = new PostgresCluster().Prepare();
        using var folder = new Folder();
        var (data, family, strangers) = (folder["data"], folder["family"], folder["strangers"]);
        folder.Write("data/PG_VERSION", "15\n");
        folder.Write("data/postgresql.conf", "");
        folder.Write("bin/psql", $"#!/bin/sh\ntrap '' TERM INT HUP\nsetsid -f sh -c 'trap \"\" TERM; echo $$ >>{strangers}; exec sleep 600'\nsleep 600 &\necho $$ $! >>{family}\nwhile :; do wait; done\n");
        foreach (var name in new[] { "family", "strangers" }) folder.Write(name, "");
        foreach (var (path, mode) in new[] { (folder.Path, 0b111_101_101), (folder["bin/psql"], 0b111_101_101), (family, 0b110_110_110), (strangers, 0b110_110_110) }) File.SetUnixFileMode(path, (UnixFileMode)mode);
        File.Copy("/bin/sleep", folder["bin/postgres"]);
        using var server = new Daemon(new("/usr/bin/setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", folder["bin/postgres"], "600"]) { WorkingDirectory = data, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true });
        folder.Write("data/postmaster.pid", $"{server.Id}\n{data}\n1700000000\n5432\n{folder.Path}\n\n0\nready   \n");
        await Wait.UntilAsync(() => File.ReadAllText($"/proc/{server.Id}/comm") == "postgres\n", "the start of the server");
        var machine = new Machine("/", (program, arguments, cancel) => Command.RunAsync(program, arguments, arguments.Contains(folder["bin/psql"]) ? TimeSpan.FromSeconds(2) : Command.TimeLimit, cancel));
        try
        {
            var findings = await new PostgresCheck(new PostgresqlSettings { Role = PostgresCluster.Role }).RunAsync(machine, default);

            AssertMute(findings, data, "no answer within 2 s");
            Assert.Contains(findings, finding => finding.Subject == good.Data && finding.Rule == PostgresRules.HbaStrong && finding.Outcome == Outcome.Pass);
            Assert.NotEmpty(Ids(family));
            await Wait.UntilAsync(() => !Ids(family).Any(IsRunning), "the end of psql and its child");
            // Who has left the family still holds the pipes: nobody waits for it.
            Assert.Contains(Ids(strangers), IsRunning);
        }
        finally
        {
            foreach (var id in Ids(family).Concat(Ids(strangers))) Programs.Run("/bin/sh", "-c", $"kill -9 {id} 2>/dev/null || :");
        }

        static int[] Ids(string file) => [.. File.ReadAllText(file).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
    }

    static void AssertMute(IEnumerable<Finding> findings, string subject, string reason)
    {
        var own = findings.Where(finding => finding.Subject == subject).ToList();
        Assert.All(own.Where(finding => OfTheServer.Contains(finding.Rule.Id)), finding => Assert.Equal((Outcome.Unknown, true), (finding.Outcome, finding.Message.Contains(reason, StringComparison.Ordinal))));
        Assert.Equal(OfTheServer.Length, own.Count(finding => OfTheServer.Contains(finding.Rule.Id)));
    }

    static List<string> Verdicts(IEnumerable<Finding> findings, string subject) => [.. findings.Where(finding => finding.Subject == subject).Select(finding => $"{finding.Rule.Id} {finding.Outcome}: {finding.Message}")];

    static int Postmaster(PostgresCluster cluster) => int.Parse(File.ReadLines(cluster.Data + "/postmaster.pid").First(), CultureInfo.InvariantCulture);

    static IEnumerable<(int Id, string Name)> Children() =>
        File.ReadAllText($"/proc/self/task/{Environment.ProcessId}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).Select(id => (id, new ProcessTable(new Machine("/", Command.RunAsync)).Name(id) ?? ""));

    /// <summary>A zombie that nobody has waited for does not run.</summary>
    static bool IsRunning(int id) => File.Exists($"/proc/{id}/stat") && !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
}
