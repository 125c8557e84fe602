using System.Globalization;

namespace Ratchet.Agent.Shipping;

/// <summary>A file of the spool: some consecutive records of one chain.</summary>
/// <param name="Order"><c>event.sequence</c> of its first record: batches are sent in this order, also over a new chain.</param>
/// <param name="First">Chain number of its first record.</param>
/// <param name="Last">Chain number of its last record.</param>
sealed record Batch(long Order, long First, long Last)
{
    const string Suffix = ".records";

    public long Count => Last - First + 1;

    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Order:D19}-{First}-{Last}{Suffix}");

    /// <summary>Null for a file that is none of ours, also where a name only resembles one.</summary>
    public static Batch? Parse(string fileName) =>
        fileName.EndsWith(Suffix, StringComparison.Ordinal) && fileName[..^Suffix.Length].Split('-') is [var order, var first, var last] &&
        long.TryParse(order, NumberStyles.None, CultureInfo.InvariantCulture, out var o) &&
        long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var f) &&
        long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var l) && f >= 1 && f <= l &&
        new Batch(o, f, l) is var batch && batch.FileName == fileName
            ? batch
            : null;
}
