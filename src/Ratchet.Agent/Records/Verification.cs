using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Ratchet.Agent.Records;

/// <summary>
/// Runs files of any size through a <see cref="Verifier"/> on all cores: the file is read in blocks, by whichever thread is free, so
/// that memory holds one block per core.
/// </summary>
sealed class Verification(Verifier verifier)
{
    /// <param name="name">How messages call the file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is gzip, and damaged or cut off.</exception>
    public void Read(Stream file, string name, CancellationToken cancel)
    {
        var blocks = Partitioner.Create(LineBlocks.Read(file), EnumerablePartitionerOptions.NoBuffering);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel };
        try
        {
            Parallel.ForEach(blocks, options, () => new Examiner(verifier.Keys), (block, _, examiner) =>
            {
                Take(block, name, examiner);
                return examiner;
            }, examiner => examiner.Dispose());
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }

    void Take(LineBlock block, string name, Examiner examiner)
    {
        if (block.IsTooLong)
        {
            verifier.AddMalformed($"{name}:{block.FirstLine}: longer than {LineBlocks.LineLimit} bytes");
            return;
        }
        var number = block.FirstLine;
        var scratch = Array.Empty<byte>();
        for (var lines = block.Lines; !lines.IsEmpty; number++)
        {
            var line = RecordLines.Next(ref lines);
            if (line.IsEmpty) continue;
            if (RecordLines.TryFind(line, ref scratch, out var compact)) verifier.Add(compact, examiner, out _);
            else verifier.AddMalformed($"{name}:{number}: holds no record");
        }
        ArrayPool<byte>.Shared.Return(block.Buffer);
    }
}
