namespace Ratchet.Agent.Shipping;

/// <summary>
/// What cannot be delivered, kept for whoever looks into it: records that the receiver refuses (<c>ORDER-N-N.records</c>) and
/// batches that are torn, as they were found (<c>ORDER-FIRST-LAST.records.torn</c>). Bounded: the oldest are removed.
/// </summary>
sealed class Rejected(string directory, int countLimit = 1000, long sizeLimit = 16 << 20)
{
    /// <summary>Keeps a record that was refused.</summary>
    /// <exception cref="IOException">It is not on the disk.</exception>
    public void Keep(Batch record, ReadOnlySpan<byte> line)
    {
        DurableFile.MakeDirectory(directory);
        DurableFile.Write(Path.Combine(directory, record.FileName), line);
        Trim();
    }

    /// <summary>Takes a file over as it is.</summary>
    public void Take(string path)
    {
        DurableFile.MakeDirectory(directory);
        DurableFile.Rename(path, Path.Combine(directory, Path.GetFileName(path) + ".torn"));
        Trim();
    }

    void Trim()
    {
        var files = new DirectoryInfo(directory).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
        var size = files.Sum(file => file.Length);
        for (var i = 0; i < files.Count && (files.Count - i > countLimit || size > sizeLimit); i++)
        {
            size -= files[i].Length;
            files[i].Delete();
        }
    }
}
