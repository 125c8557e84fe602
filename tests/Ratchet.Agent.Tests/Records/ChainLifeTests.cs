using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>
/// What happens in the life of a host, each beside the tampering that looks like it: the first explains itself in a record and
/// verifies, the second does not.
/// </summary>
public sealed class ChainLifeTests : IDisposable
{
    static readonly Speaker Host = Ledgers.Named("web01");

    readonly Folder folder = new();
    readonly HandClock clock = new();
    readonly List<PublicKey> keys = [];
    readonly List<string> received = [];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void First_start()
    {
        Live(3);
        AssertGood("first-start");

        received.RemoveAt(0);
        AssertProblem(ProblemKind.Missing, 1);
    }

    [Fact]
    public void Restart()
    {
        Live(3);
        Live(3);
        AssertGood("first-start");

        received.RemoveAt(3);
        AssertProblem(ProblemKind.Missing, 4);
    }

    [Fact]
    public void State_lost()
    {
        Live(3);
        Lose("chain.json", "spool");
        Live(3);
        AssertGood("first-start", "state-lost");

        // Whoever removes the record that says so removes record 1.
        received.RemoveAll(record => Reason(record) == "state-lost");
        AssertProblem(ProblemKind.Missing, 1);
    }

    [Fact]
    public void Key_lost()
    {
        Live(3);
        Lose("key.pem");
        Live(3);
        var report = AssertGood("first-start", "key-lost");
        Assert.Equal(report.Chains[0].Chain, report.Chains[1].Follows);

        // The new key counts only where somebody vouches for it.
        keys.RemoveRange(2, 2);
        AssertProblem(ProblemKind.UnknownKey, 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_chain_that_is_removed_whole_though_the_next_one_names_it(bool isRenamed)
    {
        Live(3);
        if (!isRenamed) Lose("key.pem");
        var first = received.Count;
        Live(3, name: isRenamed ? "web02" : "web01");
        AssertGood("first-start", isRenamed ? "renamed" : "key-lost");

        var chain = Ledgers.ClaimsOf(received[0]).Chain;
        received.RemoveRange(0, first);
        var problem = Assert.Single(Ledgers.Verify(Ledgers.KeySetOf(keys), received).Problems);
        Assert.Equal((ProblemKind.Missing, isRenamed ? "web02" : "web01", chain, 1L), (problem.Kind, problem.Host, problem.Chain, problem.Sequence));

        // Before a window there may be more.
        var window = Ledgers.Verify(Ledgers.KeySetOf(keys), received, window: true);
        Assert.True(window.IsGood);
        Assert.Equal((ProblemKind.Missing, chain), (Assert.Single(window.Notices).Kind, window.Notices[0].Chain));
    }

    [Fact]
    public void A_chain_of_another_host_does_not_stand_for_one_that_is_removed()
    {
        Live(3);
        var chain = Ledgers.ClaimsOf(received[0]).Chain;
        Lose("key.pem");
        Live(3);
        using var other = SigningKey.Create();
        keys.Add(other.ToPublicKey("db01"));
        received.RemoveRange(0, 3);
        received.Add(Chain.Seal(new ChainHead(chain, 0, null, 0, other.Id), Payload.Start(Ledgers.Named("db01"), clock.Now, "first-start", null), other, clock.Now).Compact);
        AssertProblem(ProblemKind.Missing, 1);
    }

    [Fact]
    public void Key_rotated()
    {
        Live(3, rotate: true);
        Live(3);
        var chain = Assert.Single(AssertGood("first-start").Chains);
        Assert.Equal(1, chain.Rotations);
        Assert.Equal(2, keys.Select(key => key.Id).Distinct().Count());

        // Records of both keys are on their way at the same time: the set holds both, and one of them alone is not enough.
        var both = keys.ToList();
        keys.RemoveAll(key => key.Id == both[^1].Id);
        AssertProblem(ProblemKind.UnknownKey, 5);
        keys.Clear();
        keys.Add(both[^1]);
        AssertProblem(ProblemKind.UnknownKey, 1);
    }

    [Fact]
    public void A_key_that_takes_over_without_the_old_one_naming_it()
    {
        Live(3);
        using var stolen = SigningKey.Create();
        var last = ChainHead.Of(received[^1]);
        var (forged, _) = Chain.Seal(last with { KeyId = stolen.Id }, Payload.Stop(Host, clock.Now), stolen, clock.Now);
        received.Add(forged);
        keys.Add(stolen.ToPublicKey(Host.Name));
        AssertProblem(ProblemKind.KeyChanged, 4);
    }

    [Fact]
    public void Package_removed_and_installed_again_with_its_state()
    {
        Live(3);
        // dpkg --remove leaves /var/lib/ratchet-agent.
        clock.Now = clock.Now.AddDays(3);
        Live(3);
        Assert.Single(AssertGood("first-start").Chains);
    }

    [Fact]
    public void Package_purged_and_installed_again()
    {
        Live(3);
        Directory.Delete(folder["state"], recursive: true);
        clock.Now = clock.Now.AddDays(3);
        Live(3);
        var report = AssertGood("first-start", "first-start");
        var notice = Assert.Single(report.Notices);
        Assert.Equal((ProblemKind.NewChain, "web01", report.Chains[1].Chain), (notice.Kind, notice.Host, notice.Chain));
        Assert.Contains("first-start", notice.Message, StringComparison.Ordinal);
        Assert.Contains("up to 3", notice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Clock_set_back_a_year()
    {
        Live(3);
        clock.Now = clock.Now.AddYears(-1);
        Live(3);
        var report = AssertGood("first-start");
        Assert.Equal((1, 1L), (report.Notices.Count, report.Chains[0].BackDated));
        Assert.Equal((ProblemKind.BackDated, 4L), (report.Notices[0].Kind, report.Notices[0].Sequence));
    }

    [Fact]
    public async Task A_sealed_key_signs_and_only_the_service_manager_replaces_it()
    {
        Directory.CreateDirectory(folder["credentials"]);
        using var made = SigningKey.Create();
        made.Save(folder["credentials/" + SealedKey.Name]);
        var once = await WithCredentialAsync("run", "--once", "--config", Configuration);
        Assert.NotEqual(78, once);
        keys.Add(made.ToPublicKey(Host.Name));
        received.AddRange(new Ratchet.Agent.Shipping.Spool(folder["state/spool"]).Records());
        Assert.All(received, record => Assert.Equal(made.Id, Jws.Parse(record, out _)!.KeyId));
        AssertGood("no-state");
        Assert.False(File.Exists(folder["state/key.pem"]));

        Assert.Equal(1, await WithCredentialAsync("key", "rotate", "--config", Configuration));
        // Without the credential nothing pretends that the key was lost.
        var shown = await AgentProcess.RunAsync("key", "show", "--config", Configuration);
        Assert.Equal(1, shown.ExitCode);
        Assert.Contains("LoadCredentialEncrypted", shown.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["state/key.pem"]));
    }

    string Configuration => folder.Write("agent.json", $$"""{"host": "web01", "state": "{{folder["state"]}}"}""");

    async Task<int> WithCredentialAsync(params string[] arguments)
    {
        using var agent = AgentProcess.Start(arguments, ("CREDENTIALS_DIRECTORY", folder["credentials"]));
        return await agent.WaitAsync();
    }

    /// <summary>The agent runs, writes so many records, and everything arrives.</summary>
    void Live(int count, bool rotate = false, string name = "web01")
    {
        var host = Host with { Name = name };
        using var ledger = Ledger.Open(folder["state"], host, clock);
        keys.Add(ledger.PublicKey);
        for (var i = ledger.IsNewChain ? 1 : 0; i < count; i++) ledger.Append([Payload.Stop(host, clock.Now)]);
        if (rotate) ledger.RotateKey();
        keys.Add(ledger.PublicKey);
        received.AddRange(ledger.Spool.Records());
        ledger.Acknowledge(ledger.Spool.List());
        clock.Now = clock.Now.AddMinutes(5);
    }

    void Lose(params string[] names)
    {
        foreach (var path in names.Select(name => folder["state/" + name]))
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
    }

    VerifyReport AssertGood(params string[] reasons)
    {
        var report = Ledgers.Verify(Ledgers.KeySetOf(keys), received);
        Assert.Empty(report.Problems);
        Assert.True(report.IsGood);
        Assert.Equal(reasons, report.Chains.Select(chain => chain.Reason));
        Assert.Equal(reasons.Length - report.Chains.Select(chain => chain.Host).Distinct().Count(), report.Notices.Count(notice => notice.Kind == ProblemKind.NewChain));
        return report;
    }

    void AssertProblem(ProblemKind kind, long sequence)
    {
        var report = Ledgers.Verify(Ledgers.KeySetOf(keys), received);
        Assert.False(report.IsGood);
        Assert.Contains(report.Problems, problem => problem.Kind == kind && problem.Sequence == sequence && problem.Host == "web01");
    }

    static string? Reason(string record) => (string?)Ledgers.PayloadOf(record)["ratchet"]!["chain"]!["reason"];
}
