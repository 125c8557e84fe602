using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Shipping;

/// <summary>
/// The records that nobody has acknowledged yet: a directory with one file per batch, a compact JWS per line. A batch is
/// written under another name, synced, renamed, and the directory synced: then it is kept. There is no bookmark; after a
/// restart the listing is the truth.
/// </summary>
sealed class Spool
{
    /// <summary>A file that is longer was not written by <see cref="Commit"/>.</summary>
    const long SizeLimit = 64 << 20;

    static readonly SearchValues<byte> RecordBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.\n"u8);

    readonly string directory;

    public Spool(string directory)
    {
        this.directory = directory;
        DurableFile.MakeDirectory(directory);
        DurableFile.RemoveTemporaries(directory);
    }

    /// <summary>The batches, oldest first. Files of other names are left alone.</summary>
    public IReadOnlyList<Batch> List() =>
        [.. Directory.EnumerateFiles(directory).Select(path => Batch.Parse(Path.GetFileName(path))).OfType<Batch>().OrderBy(batch => batch.Order)];

    /// <summary>Returns when the batch is on the disk; the directory is made again where somebody has removed it.</summary>
    /// <exception cref="IOException">It is not on the disk.</exception>
    public void Commit(Batch batch, IReadOnlyList<string> lines)
    {
        // Borrowed: fresh memory of this size costs as much as the write.
        var content = ArrayPool<byte>.Shared.Rent(lines.Sum(line => line.Length + 1));
        var length = 0;
        foreach (var line in lines)
        {
            length += Encoding.ASCII.GetBytes(line, content.AsSpan(length));
            content[length++] = (byte)'\n';
        }
        try
        {
            DurableFile.MakeDirectory(directory);
            DurableFile.Write(PathOf(batch), content.AsSpan(0, length));
        }
        catch (IOException)
        {
            // The name may stand while its directory could not be synced: who is told that it failed must not find it there.
            File.Delete(PathOf(batch));
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }

    /// <summary>Writes a batch to <paramref name="target"/> as it lies on the disk, a record a line.</summary>
    /// <exception cref="FileNotFoundException">Its file is gone.</exception>
    /// <exception cref="InvalidDataException">It is not what its name says; some of it may have been written.</exception>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public void Copy(Batch batch, Stream target)
    {
        using var handle = Open(batch);
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            var (offset, records, last) = (0L, 0L, (byte)0);
            while (RandomAccess.Read(handle, buffer, offset) is > 0 and var count)
            {
                var part = buffer.AsSpan(0, count);
                if (part.ContainsAnyExcept(RecordBytes)) throw Torn(batch, "holds bytes that no record has");
                records += part.Count((byte)'\n');
                last = part[^1];
                offset += count;
                target.Write(part);
            }
            if (records != batch.Count || last != '\n') throw Torn(batch, $"holds {records} records where its name says {batch.Count}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The records of a batch.</summary>
    /// <inheritdoc cref="Copy" path="/exception"/>
    public string[] Read(Batch batch)
    {
        using var content = new MemoryStream();
        Copy(batch, content);
        var lines = Encoding.ASCII.GetString(content.GetBuffer(), 0, (int)content.Length).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == batch.Count ? lines : throw Torn(batch, "holds an empty line");
    }

    /// <summary>Bytes of a batch on the disk; 0 where its file is gone.</summary>
    public long SizeOf(Batch batch)
    {
        using var handle = Libc.Open(PathOf(batch), Libc.PathOnly | Libc.NoFollow, out _);
        return handle is null ? 0 : Libc.Status(handle).Size;
    }

    /// <summary>Whether somebody has removed it; false also where that cannot be told.</summary>
    public bool IsGone(Batch batch)
    {
        using var handle = Libc.Open(PathOf(batch), Libc.PathOnly | Libc.NoFollow, out var error);
        return handle is null && error == Libc.NoEntry;
    }

    public void Delete(Batch batch) => File.Delete(PathOf(batch));

    public string PathOf(Batch batch) => Path.Combine(directory, batch.FileName);

    /// <summary>Neither a link nor a pipe under our names is followed or waited for.</summary>
    SafeFileHandle Open(Batch batch)
    {
        var path = PathOf(batch);
        var handle = Libc.Open(path, Libc.ReadOnly | Libc.NonBlocking | Libc.NoFollow, out var error);
        if (handle is null)
            throw error switch
            {
                Libc.NoEntry => new FileNotFoundException($"{path}: is gone", path),
                Libc.TooManyLinks => Torn(batch, "is a symbolic link"),
                Libc.NoDevice => Torn(batch, "is a socket"),
                _ => Libc.Failure(path),
            };
        var status = Libc.Status(handle);
        if (status.Kind == FileKind.Regular && status.Size <= SizeLimit) return handle;
        handle.Dispose();
        throw Torn(batch, status.Kind == FileKind.Regular ? $"has {status.Size} bytes" : "is not a regular file");
    }

    InvalidDataException Torn(Batch batch, string what) => new($"{PathOf(batch)}: {what}");
}
