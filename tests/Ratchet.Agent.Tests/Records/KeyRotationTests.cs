using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

/// <summary>The signing key: prepared, replaced, and found half replaced after a crash.</summary>
public sealed class KeyRotationTests : StateDirectory
{
    [Fact]
    public void A_rotated_key_is_named_by_the_old_one_and_signs_what_follows()
    {
        using var ledger = Open();
        ledger.Fill(Host, 2);
        var old = ledger.PublicKey;
        var next = ledger.RotateKey();
        ledger.Fill(Host, 2);
        keys.AddRange([old, ledger.PublicKey]);

        var records = ledger.Spool.Records();
        Assert.Equal([old.Id, old.Id, old.Id, old.Id, next, next], records.Select(record => Jws.Parse(record, out _)!.KeyId));
        Assert.Equal(ledger.PublicKey, Ledgers.NextKeyOf(records[3]));
        AssertGood(records);
        Assert.False(File.Exists(folder["state/key.next.pem"]));
    }

    [Fact]
    public void A_crash_after_the_next_key_was_saved_leaves_it_prepared()
    {
        using (var ledger = Open()) ledger.Fill(Host, 2);
        using var next = SigningKey.Create();
        next.Save(folder["state/key.next.pem"]);
        using var again = Open();
        again.Fill(Host, 1);

        Assert.False(again.IsNewChain);
        Assert.Equal(keys[0].Id, again.PublicKey.Id);
        AssertGood(again.Spool.Records());
        Assert.Equal(next.Id, again.RotateKey());
    }

    [Fact]
    public void A_prepared_key_signs_nothing_before_the_rotation_and_everything_after()
    {
        string prepared;
        using (var ledger = Open())
        {
            prepared = ledger.PrepareKey();
            Assert.Equal(prepared, ledger.PrepareKey());
            ledger.Fill(Host, 1);
        }
        using var again = Open();
        using (var shown = Ledger.ReadNextKey(folder["state"])) Assert.Equal(prepared, shown?.Id);
        again.Fill(Host, 1);
        Assert.DoesNotContain(prepared, again.Spool.Records().Select(record => Jws.Parse(record, out _)!.KeyId));

        Assert.Equal(prepared, again.RotateKey());
        again.Fill(Host, 1);
        keys.Add(again.PublicKey);
        Assert.Equal(prepared, Jws.Parse(again.Spool.Records()[^1], out _)!.KeyId);
        Assert.Null(Ledger.ReadNextKey(folder["state"]));
        Assert.NotEqual(prepared, again.PrepareKey());
        AssertGood(again.Spool.Records());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_crash_after_the_rotation_was_recorded_completes_it(bool isAcknowledged)
    {
        byte[] oldKey, newKey;
        List<string> sent;
        using (var ledger = Open())
        {
            ledger.Fill(Host, 2);
            oldKey = File.ReadAllBytes(folder["state/key.pem"]);
            ledger.RotateKey();
            newKey = File.ReadAllBytes(folder["state/key.pem"]);
            sent = ledger.Spool.Records();
            if (isAcknowledged) ledger.Acknowledge(ledger.Spool.List());
            keys.Add(ledger.PublicKey);
        }
        // The disk before the rename.
        File.WriteAllBytes(folder["state/key.pem"], oldKey);
        File.WriteAllBytes(folder["state/key.next.pem"], newKey);
        using var again = Open();
        again.Fill(Host, 1);

        Assert.False(again.IsNewChain);
        Assert.Equal(newKey, File.ReadAllBytes(folder["state/key.pem"]));
        Assert.False(File.Exists(folder["state/key.next.pem"]));
        AssertGood([.. sent, .. again.Spool.Records()]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public void A_key_that_cannot_be_read_stops_the_start_with_its_file(string content)
    {
        using (Open()) { }
        folder.Write("state/key.pem", content);

        Assert.Contains("key.pem", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }
}
