using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Sshd;

public sealed class ContextsTests
{
    static readonly string[] Keywords = ["MaxAuthTries", "MaxSessions", "ClientAliveInterval", "X11DisplayOffset"];

    static readonly string[] Conditions =
    [
        "User root", "User=postgres", "user \"post*,!root\"", "User r??t", "User *", "User deploy,!deploy", "Group postgres", "Group !root,*", "Group ssl-*", "Group nobodyhasthis",
        "Address 10.0.0.0/8", "Address 10.0.0.0/8,!10.1.0.0/16", "Address 192.168.*", "Address 2001:db8::/32", "Address 2001:DB8:0::7", "Address !10.0.0.1,*", "Address 10.0.0.1",
        "Host *.example.net", "Host !bad.example.net,*", "Host 10.*", "LocalAddress 127.0.0.0/8", "LocalAddress ::1", "LocalPort 22", "LocalPort 2222", "RDomain vrf1", "RDomain *",
    ];

    static readonly string[] Users = ["root", "postgres", "deploy", "nobody", "daemon"];
    static readonly string[] Addresses = ["10.0.0.1", "10.1.2.3", "192.168.7.7", "2001:db8::7", "2001:db9::1", "203.0.113.77"];
    static readonly string[] Hosts = ["10.0.0.1", "a.example.net", "BAD.example.net", "x.org"];

    /// <summary>Files that hold random Match blocks, includes inside of them, and blocks inside of those.</summary>
    [SshdFact]
    public async Task The_line_that_decides_is_the_one_that_sshd_itself_takes()
    {
        var random = new Random(20261121);
        var machine = SshdHost.Machine();
        var accounts = Accounts.Parse(File.ReadAllText("/etc/passwd"), File.ReadAllText("/etc/group"));
        var different = 0;
        for (var round = 0; round < 40; round++)
        {
            using var host = new SshdConfigFolder();
            host.Write("sshd_config", $"HostKey {host.HostKey}\n{Settings(random)}{Blocks(random, $"Include {host.Folder}/in*.conf\n")}");
            host.Write("in1.conf", Settings(random) + Blocks(random, $"Include {host.Folder}/deep.conf\n"));
            host.Write("in2.conf", Settings(random));
            host.Write("deep.conf", Settings(random) + Blocks(random, ""));
            var config = SshdConfig.Read(machine, $"{host.Folder}/sshd_config");
            Assert.Null(config.Problem);
            var daemon = new Daemon("test", 0, Daemon.DefaultProgram, false, new DaemonArguments([('f', config.Files.First())]), config.Files.First(), null, null);
            var oracle = new SshdOracle(machine, new SshdAnswers(), daemon, config);
            for (var i = 0; i < 6; i++)
            {
                var connection = new Connection(Pick(random, Users), Pick(random, Addresses), Pick(random, Hosts), Pick(random, ["127.0.0.1", "::1", "10.9.9.9"]), random.Next(2) == 0 ? 22 : 2222, Pick(random, ["", "vrf1"]));
                var answer = await oracle.AskAsync(connection, CancellationToken.None);
                Assert.True(answer.Config is not null, answer.Refusal ?? answer.Obstacle);
                MatchBlock[] matching = [.. config.Blocks.Where(block => block.Matches(connection, accounts))];
                foreach (var keyword in Keywords.Select(k => k.ToLowerInvariant()))
                {
                    if (config.Deciding(keyword, matching) is not { } line) continue;
                    Assert.True(line.Value == answer.Config.Get(keyword), $"{connection}: {keyword} is {answer.Config.Get(keyword)}, expected {line.Value} of {line.Place}\n{File.ReadAllText(config.Files.First())}");
                    if (line.Block is not null) different++;
                }
            }
        }
        Assert.InRange(different, 50, int.MaxValue); // the blocks did decide something
    }

    /// <summary>What no representative shows, no connection has.</summary>
    [SshdFact]
    public void Every_connection_is_like_one_of_the_contexts()
    {
        var random = new Random(7);
        var accounts = Accounts.Parse(File.ReadAllText("/etc/passwd"), File.ReadAllText("/etc/group"));
        for (var round = 0; round < 300; round++)
        {
            using var host = new SshdConfigFolder(withKey: false);
            host.Write("sshd_config", Blocks(random, "", most: 5));
            var config = SshdConfig.Read(SshdHost.Machine(), $"{host.Folder}/sshd_config");
            var contexts = Contexts.Of(config, accounts, [22, 2222], usesNames: true, []);
            if (contexts.Incomplete is not null) continue;
            var known = contexts.All.Select(c => string.Join(' ', c.Matching.Select(b => b.Line))).ToHashSet();
            for (var i = 0; i < 50; i++)
            {
                var connection = new Connection(Pick(random, Users), Pick(random, Addresses), Pick(random, Hosts), Pick(random, ["127.0.0.1", "::1", "10.9.9.9"]), random.Next(2) == 0 ? 22 : 2222, Pick(random, ["", "vrf1"]));
                var signature = string.Join(' ', config.Blocks.Where(block => block.Matches(connection, accounts)).Select(b => b.Line));
                Assert.True(known.Contains(signature), $"{connection} matches lines {signature}, which no context does:\n{File.ReadAllText(config.Files.First())}");
            }
        }
    }

    [Fact]
    public void Without_match_blocks_all_connections_are_alike() =>
        Assert.Null(Assert.Single(Of("PermitRootLogin no\n").All).Connection);

    [Fact]
    public void A_condition_that_this_program_does_not_know_makes_the_list_incomplete() =>
        Assert.Contains("not known here", Of("Match Moon full\n  PermitRootLogin yes\n").Incomplete, StringComparison.Ordinal);

    [Fact]
    public void Groups_of_a_directory_make_the_list_incomplete()
    {
        using var folder = new SshdConfigFolder(withKey: false);
        folder.Write("sshd_config", "Match Group admins\n  PermitRootLogin yes\n");
        var config = SshdConfig.Read(SshdHost.Machine(), $"{folder.Folder}/sshd_config");
        Assert.NotNull(Contexts.Of(config, Accounts.Parse("root:x:0:0::/root:/bin/sh", "root:x:0:", hasDirectory: true), [], false, []).Incomplete);
    }

    [Fact]
    public void Names_match_only_where_sshd_looks_them_up()
    {
        using var folder = new SshdConfigFolder(withKey: false);
        folder.Write("sshd_config", "Match Host *.example.net\n  PermitRootLogin yes\n");
        var config = SshdConfig.Read(SshdHost.Machine(), $"{folder.Folder}/sshd_config");
        var accounts = Accounts.Parse("root:x:0:0::/root:/bin/sh", "root:x:0:");
        Assert.Single(Contexts.Of(config, accounts, [], usesNames: false, []).All);
        Assert.Equal(2, Contexts.Of(config, accounts, [], usesNames: true, []).All.Count);
    }

    [Fact]
    public void More_contexts_than_are_judged_make_the_list_incomplete()
    {
        var contexts = Of(string.Concat(Enumerable.Range(0, 100).Select(i => $"Match User u{i}\n  MaxSessions {i}\n")));
        Assert.Equal(64, contexts.All.Count);
        Assert.NotNull(contexts.Incomplete);
    }

    [Fact]
    public void A_thousand_conditions_of_every_kind_end_in_bounded_time()
    {
        var lines = Enumerable.Range(0, 300).Select(i => $"Match User u{i}* Address 10.{i % 250}.0.0/16 LocalPort {i} LocalAddress 10.{i % 250}.0.1 RDomain r{i}\n  MaxSessions 3\n");
        Assert.NotNull(Of(string.Concat(lines)).Incomplete);
    }

    [Fact]
    public void A_connection_of_the_settings_is_judged_beside_the_others()
    {
        using var folder = new SshdConfigFolder(withKey: false);
        folder.Write("sshd_config", "Match Address 10.0.0.0/8\n  PermitRootLogin yes\n");
        var config = SshdConfig.Read(SshdHost.Machine(), $"{folder.Folder}/sshd_config");
        var contexts = Contexts.Of(config, Accounts.Parse("root:x:0:0::/root:/bin/sh", ""), [], false, [new SshContextSettings { User = "backup", Address = "10.3.3.3" }]);
        Assert.Contains(contexts.All, c => c.Connection is { User: "backup", Address: "10.3.3.3" } && c.Matching.Count == 1);
    }

    static Contexts Of(string text)
    {
        using var folder = new SshdConfigFolder(withKey: false);
        folder.Write("sshd_config", text);
        return Contexts.Of(SshdConfig.Read(SshdHost.Machine(), $"{folder.Folder}/sshd_config"), Accounts.Parse("root:x:0:0::/root:/bin/sh", "root:x:0:"), [22], false, []);
    }

    static string Settings(Random random) =>
        string.Concat(Keywords.Where(_ => random.Next(2) == 0).Select(keyword => $"  {(random.Next(2) == 0 ? keyword : keyword.ToUpperInvariant())}{Pick(random, [" ", "=", "\t", " = "])}{random.Next(1, 900)}{Pick(random, ["", "  # why", "\r"])}\n"));

    static string Blocks(Random random, string include, int most = 3) => string.Concat(Enumerable.Range(0, random.Next(1, most + 1)).Select(_ =>
        $"Match {(random.Next(12) == 0 ? "all" : string.Join(' ', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick(random, Conditions))))}\n{(random.Next(3) == 0 ? include : "")}{Settings(random)}"));

    static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
}

/// <summary>A temporary folder for configuration files, with a host key where sshd is asked.</summary>
sealed class SshdConfigFolder : IDisposable
{
    static readonly Lazy<byte[]> Key = new(() =>
    {
        using var host = new SshdHost("", start: false);
        return File.ReadAllBytes(host.HostKey);
    });

    public SshdConfigFolder(bool withKey = true)
    {
        if (!withKey) return;
        File.WriteAllBytes(HostKey, Key.Value);
        SshdHost.Run("/bin/chmod", "0600", HostKey);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("ratchet-sshd-").FullName;

    public string HostKey => Path.Combine(Folder, "host_key");

    public void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
