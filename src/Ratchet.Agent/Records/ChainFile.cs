using System.Text.Json;
using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Records;

/// <summary>chain.json of a state directory: the head of the chain, as of the last acknowledged batch or later.</summary>
/// <param name="directory">The state directory.</param>
sealed class ChainFile(string directory)
{
    readonly string path = Path.Combine(directory, "chain.json");

    /// <summary><c>event.sequence</c> of the head on the disk; 0 where there is none.</summary>
    public long EventSequence { get; private set; }

    /// <summary>The head on the disk; null where there is none, or none that can be read.</summary>
    /// <param name="damaged">It is there and cannot be read.</param>
    public ChainHead? Read(out bool damaged)
    {
        var head = Readable(Load, out damaged);
        EventSequence = head?.EventSequence ?? 0;
        return head;
    }

    /// <exception cref="IOException">It cannot be written; the file stands as it stood.</exception>
    public void Save(ChainHead head)
    {
        DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(head, RecordJson.Default.ChainHead));
        EventSequence = head.EventSequence;
    }

    /// <summary>What a look at a file of the state directory gives; null where its content is damaged.</summary>
    public static T? Readable<T>(Func<T?> read, out bool damaged) where T : class
    {
        damaged = false;
        try
        {
            return read();
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or JsonException)
        {
            damaged = true;
            return null;
        }
    }

    ChainHead? Load()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RecordJson.Default.ChainHead);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
