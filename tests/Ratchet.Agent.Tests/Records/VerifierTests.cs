using System.Text.Json.Nodes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>Real records of two hosts, and everything that somebody could do to them.</summary>
public sealed class VerifierTests
{
    const int Count = 25;

    static readonly (List<string> Records, PublicKey Key) Web = Ledgers.NewChain("web01", Count);
    static readonly (List<string> Records, PublicKey Key) Pg = Ledgers.NewChain("pg01", Count);
    static readonly KeySet Keys = Ledgers.KeySetOf(Web.Key, Pg.Key);
    static readonly List<string> Both = [.. Web.Records, .. Pg.Records];

    [Fact]
    public void What_two_hosts_wrote_is_good()
    {
        var report = Ledgers.Verify(Keys, Both);

        Assert.True(report.IsGood);
        Assert.Equal(2 * Count, report.Accepted);
        Assert.Equal(["pg01", "web01"], report.Chains.Select(chain => chain.Host));
        Assert.All(report.Chains, chain => Assert.Equal((1L, Count, Count, true), (chain.First, chain.Last, chain.Records, chain.IsWhole)));
    }

    [Fact]
    public void Nothing_is_not_good() => Assert.False(Ledgers.Verify(Keys, []).IsGood);

    [Fact]
    public void Any_order_and_exact_repeats_are_good()
    {
        var shuffled = Both.Concat(Both).ToArray();
        new Random(1).Shuffle(shuffled);

        var report = Ledgers.Verify(Keys, shuffled);

        Assert.True(report.IsGood);
        Assert.Equal((2 * Count, 2 * Count), (report.Accepted, report.Repeated));
    }

    /// <summary>Each bit of the last record, which nothing follows: its own refusal is all that shows it.</summary>
    [Fact]
    public void Every_flipped_bit_is_refused_and_names_host_and_number_where_they_can_still_be_read()
    {
        var record = Web.Records[^1];
        var (payload, signature) = (record.IndexOf('.', StringComparison.Ordinal), record.LastIndexOf('.'));
        using var verifier = new Verifier(Keys);
        for (var i = 0; i < record.Length; i++)
            for (var bit = 0; bit < 8; bit++)
            {
                var flipped = Flip(record, i, bit);
                Assert.Equal(Verdict.Refused, verifier.Add(flipped, out var problem));
                Assert.NotNull(problem);
                // A flip in header or signature leaves the payload readable, unless it made a dot.
                if ((i < payload || i > signature) && flipped[i] != '.') Assert.Equal(("web01", Count), (problem.Host, problem.Sequence));
            }
        Assert.False(verifier.Report(window: true).IsGood);
    }

    [Fact]
    public void Every_flipped_byte_of_a_file_is_seen_and_named()
    {
        var text = string.Concat(Web.Records.Skip(10).Take(3).Select(record => record + "\n"));
        var first = text.IndexOf('\n', StringComparison.Ordinal);
        var second = text.IndexOf('\n', first + 1);
        for (var i = first + 1; i < second; i++)
        {
            var report = VerifyText(Flip(text, i, bit: i % 7), window: true);
            Assert.False(report.IsGood);
            Assert.Contains(report.Problems, problem => problem is { Host: "web01", Sequence: 12 });
        }
    }

    [Fact]
    public void Each_removed_record_is_named_with_host_and_number()
    {
        for (var i = 0; i < Count - 1; i++)
        {
            var report = Ledgers.Verify(Keys, Both.Where(record => record != Web.Records[i]));
            var problem = Assert.Single(report.Problems);
            Assert.Equal((ProblemKind.Missing, "web01", i + 1), (problem.Kind, problem.Host, problem.Sequence));
            Assert.Equal([true, false], report.Chains.Select(chain => chain.IsWhole));
        }
    }

    [Fact]
    public void In_a_window_the_ends_may_be_missing_and_the_middle_not()
    {
        Assert.True(Ledgers.Verify(Keys, Web.Records.Skip(5).Take(10), window: true).IsGood);
        Assert.False(Ledgers.Verify(Keys, Web.Records.Skip(5).Take(10), window: false).IsGood);
        Assert.Equal(ProblemKind.Missing, Assert.Single(Ledgers.Verify(Keys, Web.Records.Skip(5).Take(10).Where((_, i) => i != 4), window: true).Problems).Kind);
    }

    [Fact]
    public void Swapped_payloads_are_forged_on_both_sides()
    {
        var (a, b) = (Web.Records[3].Split('.'), Web.Records[4].Split('.'));
        string[] swapped = [$"{a[0]}.{b[1]}.{a[2]}", $"{b[0]}.{a[1]}.{b[2]}"];

        var report = Ledgers.Verify(Keys, [.. Web.Records[..3], .. swapped, .. Web.Records[5..]]);

        Assert.Equal([("web01", 4L), ("web01", 5L)], report.Problems.Where(problem => problem.Kind == ProblemKind.Forged).Select(problem => (problem.Host!, problem.Sequence)));
    }

    [Fact]
    public void A_record_of_another_chain_of_the_host_does_not_fill_a_hole()
    {
        using var folder = new Folder();
        var (first, key) = Restarted(folder, "web01", lose: false);
        var (second, _) = Restarted(folder, "web01", lose: true);
        var (firstChain, secondChain) = (Ledgers.ClaimsOf(first[0]).Chain, Ledgers.ClaimsOf(second[0]).Chain);

        var report = Ledgers.Verify(Ledgers.KeySetOf(key), [.. first.Where((_, i) => i != 2), second[2]]);

        Assert.Contains(report.Problems, problem => problem is { Kind: ProblemKind.Missing, Host: "web01", Sequence: 3 } && problem.Chain == firstChain);
        Assert.Contains(report.Problems, problem => problem is { Kind: ProblemKind.Missing, Host: "web01", Sequence: 1 } && problem.Chain == secondChain);
    }

    [Fact]
    public void A_key_that_speaks_for_another_host_is_foreign()
    {
        var report = Ledgers.Verify(Ledgers.KeySetOf(Web.Key, Pg.Key with { Host = "web01" }), Both);

        Assert.All(report.Problems, problem => Assert.Equal((ProblemKind.ForeignHost, "pg01"), (problem.Kind, problem.Host)));
        Assert.Equal(Count, report.Problems.Count);
        Assert.Equal("web01", Assert.Single(report.Chains).Host);
    }

    [Fact]
    public void A_key_may_speak_for_several_hosts_that_the_set_names() =>
        Assert.True(Ledgers.Verify(Ledgers.KeySetOf(Web.Key, Pg.Key with { Host = "web01" }, Pg.Key), Both).IsGood);

    /// <summary>The record is dated half a second after 1000 s; nbf is the first second that counts, exp the first that does not.</summary>
    [Theory]
    [InlineData(null, null, true)]
    [InlineData(1000L, 1001L, true)]
    [InlineData(1001L, null, false)]
    [InlineData(null, 1000L, false)]
    [InlineData(999L, 1000L, false)]
    [InlineData(long.MinValue, long.MaxValue, true)]
    [InlineData(long.MaxValue, null, false)]
    public void A_key_speaks_of_the_time_between_nbf_and_exp(long? from, long? until, bool isGood)
    {
        var (record, key) = Dated(DateTimeOffset.FromUnixTimeMilliseconds(1_000_500));

        var report = Ledgers.Verify(Ledgers.KeySetOf(key with { NotBefore = from, Expires = until }), [record]);

        Assert.Equal(isGood, report.IsGood);
        Assert.Equal(isGood ? [] : [(ProblemKind.OutsideValidity, "web01", 1L)], report.Problems.Select(problem => (problem.Kind, problem.Host!, problem.Sequence)));
    }

    [Theory]
    [InlineData("\"nbf\":\"1000\"")]
    [InlineData("\"exp\":1000.5")]
    [InlineData("\"exp\":1e9")]
    [InlineData("\"exp\":true")]
    public void Other_times_of_a_key_than_whole_seconds_are_refused_with_their_place(string member)
    {
        var json = Ledgers.JwkSetOf(Web.Key).Replace("\"kty\"", member + ",\"kty\"", StringComparison.Ordinal);
        Assert.Contains("$.keys[0]", Assert.Throws<FormatException>(() => KeySet.Parse(json)).Message, StringComparison.Ordinal);
    }

    /// <summary>The archive of keys says until when one was believed: what is dated later may be honest, and is told.</summary>
    [Theory]
    [InlineData("""[{"from":"2026-01-01T00:00:00Z"}]""", 0)]
    [InlineData("""[{"from":"2026-01-01T00:00:00Z","until":"2026-03-01T00:00:00Z"}]""", 0)]
    [InlineData("""[{"from":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z"}]""", 1)]
    [InlineData("""[{"from":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z"},{"from":"2026-02-20T00:00:00Z"}]""", 0)]
    public void A_record_after_the_use_of_its_key_is_a_notice(string used, int notices)
    {
        var (record, key) = Dated(new DateTimeOffset(2026, 2, 10, 0, 0, 0, TimeSpan.Zero));
        var set = KeySet.Parse(Ledgers.JwkSetOf(key).Replace("\"kty\"", $"\"used\":{used},\"kty\"", StringComparison.Ordinal));

        var report = Ledgers.Verify(set, [record]);

        Assert.True(report.IsGood);
        Assert.Equal(Enumerable.Repeat((ProblemKind.OutsideValidity, "web01"), notices), report.Notices.Select(notice => (notice.Kind, notice.Host!)));
    }

    [Fact]
    public void An_unknown_key_is_named_with_the_host_that_it_claims()
    {
        var report = Ledgers.Verify(Ledgers.KeySetOf(Web.Key), Both);

        Assert.Equal(Enumerable.Range(1, Count).Select(number => (ProblemKind.UnknownKey, "pg01", (long)number)), report.Problems.Select(problem => (problem.Kind, problem.Host!, problem.Sequence)));
        Assert.All(report.Problems, problem => Assert.Contains(Pg.Key.Id!, problem.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_cloned_host_forks_the_chain()
    {
        using var folder = new Folder();
        var (original, clone, key) = Cloned(folder, before: 4, original: 1, clone: 1);

        var report = Ledgers.Verify(Ledgers.KeySetOf(key), [.. original, .. clone]);

        var problem = Assert.Single(report.Problems);
        Assert.Equal((ProblemKind.Forked, "web01", 6), (problem.Kind, problem.Host, problem.Sequence));
        Assert.Equal(5, report.Repeated);
    }

    [Fact]
    public void A_record_of_the_clone_in_place_of_the_original_breaks_the_link()
    {
        using var folder = new Folder();
        var (original, clone, key) = Cloned(folder, before: 2, original: 2, clone: 1);
        original[3] = clone[3];

        var report = Ledgers.Verify(Ledgers.KeySetOf(key), original);

        Assert.Contains(report.Problems, problem => problem is { Kind: ProblemKind.BrokenLink, Host: "web01", Sequence: 5 });
    }

    [Theory]
    [InlineData(3, 5, 0)]
    [InlineData(3, 4, 1)]
    [InlineData(4, 5, 1)]
    [InlineData(4, 4, 2)]
    [InlineData(1, 9, 0)]
    [InlineData(5, 3, 1)]
    [InlineData(long.MinValue, long.MaxValue, 0)]
    public void Lost_numbers_are_a_problem_unless_a_gap_record_declares_them(long first, long last, int problems)
    {
        using var key = SigningKey.Create();
        var head = new ChainHead("chain", 0, null, 0, key.Id);
        var records = new List<string>();
        for (var i = 1; i <= 9; i++)
        {
            (var compact, head) = Chain.Seal(head, i == 8 ? Gap(first, last) : Payload.Stop(Ledgers.Named("web01"), DateTimeOffset.UnixEpoch), key, DateTimeOffset.UnixEpoch);
            records.Add(compact);
        }

        var report = Ledgers.Verify(Ledgers.KeySetOf(key.ToPublicKey("web01")), [.. records[..2], .. records[5..]]);

        Assert.Equal(problems, report.Problems.Count);
        Assert.All(report.Problems, problem => Assert.Equal((ProblemKind.Missing, "web01"), (problem.Kind, problem.Host)));
        Assert.Equal(problems == 0, Assert.Single(report.Chains).IsWhole);
    }

    [Fact]
    public void A_sequence_that_goes_back_within_a_chain_is_out_of_order()
    {
        using var key = SigningKey.Create();
        var (first, head) = Chain.Seal(new ChainHead("chain", 0, null, 0, key.Id), Payload.Stop(Ledgers.Named("web01"), DateTimeOffset.UnixEpoch), key, DateTimeOffset.UnixEpoch.AddDays(1));
        var (second, _) = Chain.Seal(head with { EventSequence = 0 }, Payload.Stop(Ledgers.Named("web01"), DateTimeOffset.UnixEpoch), key, DateTimeOffset.UnixEpoch);

        var problem = Assert.Single(Ledgers.Verify(Ledgers.KeySetOf(key.ToPublicKey("web01")), [first, second]).Problems);

        Assert.Equal((ProblemKind.OutOfOrder, "web01", 2), (problem.Kind, problem.Host, problem.Sequence));
    }

    [Fact]
    public void A_removed_key_rotation_leaves_a_key_that_nobody_named()
    {
        using var folder = new Folder();
        using var ledger = Ledger.Open(folder["state"], Ledgers.Named("web01"), TimeProvider.System);
        ledger.Fill(Ledgers.Named("web01"), 2);
        var before = ledger.PublicKey;
        ledger.RotateKey();
        ledger.Fill(Ledgers.Named("web01"), 2);
        var (keys, records) = (Ledgers.KeySetOf(before, ledger.PublicKey), ledger.Spool.Records());
        Assert.True(Ledgers.Verify(keys, records).IsGood);

        var report = Ledgers.Verify(keys, records.Where(record => Ledgers.NextKeyOf(record) is null));

        Assert.Contains(report.Problems, problem => problem is { Kind: ProblemKind.Missing, Sequence: 4 });
        Assert.Contains(report.Problems, problem => problem is { Kind: ProblemKind.KeyChanged, Host: "web01", Sequence: 5 });
    }

    [Theory]
    [InlineData("""{"host":{"name":"web01"},"host":{"name":"pg01"},"event":{"id":"a","action":"stop","sequence":1},"ratchet":{"chain":{"id":"c","sequence":1}}}""")]
    [InlineData("""{"host":{"name":"web01"},"event":{"id":"a","action":"stop","sequence":1},"ratchet":{"chain":{"id":"c","sequence":1,"sequence":2}}}""")]
    [InlineData("""{"host":{"name":"web01"},"event":{"id":"a","action":"stop","sequence":1},"ratchet":{"chain":{"id":"c","sequence":0}}}""")]
    [InlineData("""{"host":{"name":"web01"},"event":{"id":"a","action":"stop","sequence":1},"ratchet":{"chain":{"id":"c","sequence":1,"previous":"x"}}}""")]
    [InlineData("""{"host":{"name":"web01"},"event":{"id":"a","action":"stop","sequence":1},"ratchet":{"chain":{"id":"c","sequence":2}}}""")]
    [InlineData("""{"host":{"name":"web01"},"event":{"id":"a","action":"stop","sequence":"1"},"ratchet":{"chain":{"id":"c","sequence":1}}}""")]
    [InlineData("""{"host":{"name":"\ud800"},"event":{"id":"a","action":"stop","sequence":1},"ratchet":{"chain":{"id":"c","sequence":1}}}""")]
    [InlineData("""{"host":"web01","event":[],"ratchet":null}""")]
    [InlineData("""{"host":{"name":""}}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public void A_signed_payload_that_is_no_record_is_refused(string payload)
    {
        using var key = SigningKey.Create();
        using var verifier = new Verifier(Ledgers.KeySetOf(key.ToPublicKey("web01")));

        Assert.Equal(Verdict.Refused, verifier.Add(Ledgers.Sign(key, payload), out var problem));
        Assert.Equal(ProblemKind.Malformed, problem!.Kind);
        Assert.False(verifier.Report(window: true).IsGood);
    }

    /// <summary>A chain of one record.</summary>
    static (string Record, PublicKey Key) Dated(DateTimeOffset time)
    {
        using var key = SigningKey.Create();
        return (Chain.Seal(new ChainHead("chain", 0, null, 0, key.Id), Payload.Stop(Ledgers.Named("web01"), time), key, time).Compact, key.ToPublicKey("web01"));
    }

    static JsonObject Gap(long first, long last)
    {
        var payload = Payload.Stop(Ledgers.Named("web01"), DateTimeOffset.UnixEpoch);
        payload["event"]!["action"] = "gap";
        payload["ratchet"] = new JsonObject { ["gap"] = new JsonObject { ["first"] = first, ["last"] = last } };
        return payload;
    }

    /// <summary>Two copies of one state directory, each of which goes on by itself.</summary>
    static (List<string> Original, List<string> Clone, PublicKey Key) Cloned(Folder folder, int before, int original, int clone)
    {
        var host = Ledgers.Named("web01");
        using (var ledger = Ledger.Open(folder["state"], host, TimeProvider.System)) ledger.Fill(host, before);
        folder.Copy("state", "clone");
        using var one = Ledger.Open(folder["state"], host, TimeProvider.System);
        using var other = Ledger.Open(folder["clone"], host, TimeProvider.System);
        one.Fill(host, original);
        other.Fill(host, clone);
        return (one.Spool.Records(), other.Spool.Records(), one.PublicKey);
    }

    static (List<string> Records, PublicKey Key) Restarted(Folder folder, string host, bool lose)
    {
        if (lose)
        {
            File.Delete(folder["state/chain.json"]);
            Directory.Delete(folder["state/spool"], recursive: true);
        }
        using var ledger = Ledger.Open(folder["state"], Ledgers.Named(host), TimeProvider.System);
        ledger.Fill(Ledgers.Named(host), 4);
        return (ledger.Spool.Records(), ledger.PublicKey);
    }

    static VerifyReport VerifyText(string text, bool window) => Ledgers.VerifyText(Keys, text, window);

    static string Flip(string text, int at, int bit) => $"{text.AsSpan(0, at)}{(char)(text[at] ^ (1 << bit))}{text.AsSpan(at + 1)}";
}
