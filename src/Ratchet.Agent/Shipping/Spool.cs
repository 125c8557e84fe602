using System.Globalization;
using System.Text;

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

/// <summary>
/// The records that nobody has acknowledged yet: a directory with one file per batch, a compact JWS per line. A batch is
/// written under another name, synced, renamed, and the directory synced: then it is kept. There is no bookmark; after a
/// restart the listing is the truth.
/// </summary>
sealed class Spool
{
    readonly string directory;

    public Spool(string directory)
    {
        this.directory = directory;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DurableFile.RemoveTemporaries(directory);
    }

    /// <summary>The batches, oldest first. Files of other names are left alone.</summary>
    public IReadOnlyList<Batch> List() =>
        [.. Directory.EnumerateFiles(directory).Select(path => Batch.Parse(Path.GetFileName(path))).OfType<Batch>().OrderBy(batch => batch.Order)];

    /// <summary>Returns when the batch is on the disk.</summary>
    /// <exception cref="IOException">It is not on the disk.</exception>
    public void Commit(Batch batch, IEnumerable<string> lines)
    {
        var content = new StringBuilder();
        foreach (var line in lines) content.Append(line).Append('\n');
        try
        {
            DurableFile.Write(PathOf(batch), Encoding.ASCII.GetBytes(content.ToString()));
        }
        catch (IOException)
        {
            // The name may stand while its directory could not be synced: who is told that it failed must not find it there.
            File.Delete(PathOf(batch));
            throw;
        }
    }

    public string[] Read(Batch batch)
    {
        var lines = File.ReadAllText(PathOf(batch), Encoding.ASCII).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == batch.Count ? lines : throw new InvalidDataException($"{PathOf(batch)}: holds {lines.Length} records where its name says {batch.Count}");
    }

    public void Delete(Batch batch) => File.Delete(PathOf(batch));

    string PathOf(Batch batch) => Path.Combine(directory, batch.FileName);
}
