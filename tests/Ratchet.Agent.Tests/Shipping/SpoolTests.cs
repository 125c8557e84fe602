using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Shipping;

public sealed class SpoolTests : IDisposable
{
    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Batches_come_oldest_first_whatever_their_chain()
    {
        var spool = new Spool(folder["spool"]);
        Batch[] batches = [new(5, 1, 1), new(40, 2, 3), new(300, 1, 2), new(10_000_000_000, 3, 3)];
        foreach (var batch in batches.Reverse()) spool.Commit(batch, [.. Enumerable.Repeat("record", (int)batch.Count)]);

        Assert.Equal(batches, spool.List());
        Assert.Equal(["record", "record"], spool.Read(batches[1]));
        spool.Delete(batches[0]);
        Assert.Equal(batches[1..], spool.List());
    }

    [Fact]
    public void Left_overs_of_a_crash_are_removed_at_the_start_and_foreign_files_left_alone()
    {
        folder.Write("spool/0000000000000000005-1-1.records.tmp", "half");
        folder.Write("spool/README", "an operator's note");
        folder.Write("spool/.5-1-1.records.swp", "an editor's");
        var spool = new Spool(folder["spool"]);

        Assert.Empty(spool.List());
        Assert.Equal([".5-1-1.records.swp", "README"], Directory.GetFiles(folder["spool"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_batch_that_is_not_what_its_name_says_throws()
    {
        var spool = new Spool(folder["spool"]);
        var batch = new Batch(5, 1, 3);
        spool.Commit(batch, ["a", "b"]);

        Assert.Contains("holds 2 records where its name says 3", Assert.Throws<InvalidDataException>(() => spool.Read(batch)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0000000000000000005-1-2.records")]
    [InlineData("9223372036854775807-1-9223372036854775807.records")]
    public void The_names_of_batches_are_read_back(string name) => Assert.Equal(name, Batch.Parse(name)!.FileName);

    [Theory]
    [InlineData("")]
    [InlineData(".records")]
    [InlineData("5-1-2.records")]
    [InlineData("0000000000000000005-2-1.records")]
    [InlineData("0000000000000000005-0-1.records")]
    [InlineData("0000000000000000005-01-1.records")]
    [InlineData("0000000000000000005-1.records")]
    [InlineData("0000000000000000005-1-2-3.records")]
    [InlineData("0000000000000000005--1-2.records")]
    [InlineData("0000000000000000005-+1-2.records")]
    [InlineData("0000000000000000005- 1-2.records")]
    [InlineData("0000000000000000005-1-2.records.tmp")]
    [InlineData("0000000000000000005-1-2.RECORDS")]
    [InlineData("9999999999999999999-1-2.records")]
    [InlineData("0000000000000000005-1-99999999999999999999.records")]
    [InlineData("../../etc/passwd-1-2.records")]
    public void Other_names_are_no_batches(string name) => Assert.Null(Batch.Parse(name));
}
