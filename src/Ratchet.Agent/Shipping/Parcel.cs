using System.IO.Compression;
using System.Text;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Shipping;

/// <summary>One request: some batches, and their records compressed. It is filled again for a later one, so that a backlog of any length needs the same memory.</summary>
sealed class Parcel : IDisposable
{
    /// <summary>Most bytes of records, unless one batch alone has more.</summary>
    const int SizeLimit = 2 << 20;

    readonly MemoryStream body = new();

    public IReadOnlyList<Batch> Batches { get; private set; } = [];

    public ReadOnlyMemory<byte> Body => body.GetBuffer().AsMemory(0, (int)body.Length);

    /// <summary>Packs the oldest batches after <paramref name="order"/> that fit. What is lost or torn is declared, and left out.</summary>
    /// <returns>Batches that could not be dealt with now, because the disk takes nothing.</returns>
    public IReadOnlyList<Batch> Fill(Ledger ledger, long order, IReadOnlySet<Batch> without)
    {
        var stuck = new List<Batch>();
        while (TryFill(ledger, ledger.Waiting(order).Where(batch => !without.Contains(batch) && !stuck.Contains(batch)).ToList()) is { } bad)
        {
            try
            {
                ledger.Lose(bad.Batches, bad.Reason);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                stuck.AddRange(bad.Batches);
            }
        }
        return stuck;
    }

    public void Dispose() => body.Dispose();

    public static ReadOnlyMemory<byte> Compress(IEnumerable<string> records)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            foreach (var record in records) gzip.Write(Encoding.ASCII.GetBytes(record + "\n"));
        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }

    (IReadOnlyList<Batch> Batches, string Reason)? TryFill(Ledger ledger, IReadOnlyList<Batch> waiting)
    {
        var (batches, size) = (new List<Batch>(), 0L);
        Batches = batches;
        body.SetLength(0);
        using var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true);
        foreach (var batch in waiting)
        {
            size += ledger.Spool.SizeOf(batch);
            if (batches.Count > 0 && size > SizeLimit) break;
            try
            {
                ledger.Spool.Copy(batch, gzip);
            }
            catch (FileNotFoundException)
            {
                return ([.. waiting.Where(ledger.Spool.IsGone)], "gone from the spool before they were sent");
            }
            catch (InvalidDataException e)
            {
                return ([batch], $"damaged in the spool: {e.Message}");
            }
            batches.Add(batch);
        }
        return null;
    }
}
