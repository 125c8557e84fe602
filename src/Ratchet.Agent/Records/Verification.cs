using System.Buffers;
using System.Runtime.ExceptionServices;

namespace Ratchet.Agent.Records;

/// <summary>
/// Runs files of any size through a <see cref="Verifier"/> on all cores: the file is read in blocks, by whichever thread is free, so
/// that memory holds one block per core.
/// </summary>
sealed class Verification(Verifier verifier) : IDisposable
{
    readonly Examiner[] examiners = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Examiner(verifier.Keys))];

    /// <param name="name">How messages call the file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is gzip, and damaged or cut off.</exception>
    public void Read(Stream file, string name, CancellationToken cancel)
    {
        using var blocks = LineBlocks.Read(file).GetEnumerator();
        var gate = new Lock();
        var work = Array.ConvertAll(examiners, examiner => Task.Factory.StartNew(() =>
        {
            while (Next() is { } block) Take(block, name, examiner);
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        try
        {
            Task.WaitAll(work, CancellationToken.None);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }

        LineBlock? Next()
        {
            lock (gate)
            {
                cancel.ThrowIfCancellationRequested();
                return blocks.MoveNext() ? blocks.Current : null;
            }
        }
    }

    public void Dispose()
    {
        foreach (var examiner in examiners) examiner.Dispose();
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
