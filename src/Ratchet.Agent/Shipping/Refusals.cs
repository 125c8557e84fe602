using Ratchet.Agent.Records;
using Serilog.Events;

namespace Ratchet.Agent.Shipping;

/// <summary>
/// Settles a request that the receiver refused: halves it until the offender is alone, moves that to <c>rejected/</c>, and declares
/// its number by a signed record. Where everything is refused, it is not the records: then all are kept.
/// </summary>
sealed class Refusals(Ledger ledger, Func<ReadOnlyMemory<byte>, CancellationToken, Task<Response>> send, Patience patience, Action<string, LogEventLevel> tell)
{
    /// <summary>So many offenders in a row, and none taken in between, make the receiver suspect.</summary>
    public const int RowLimit = 10;

    readonly HashSet<Batch> unsettled = [];
    int row;

    /// <summary>The receiver has taken something: it is not the receiver.</summary>
    public void Clear() => row = 0;

    /// <param name="Number">Chain number.</param>
    sealed record Line(Batch Batch, long Number, string Record);

    /// <returns>The batches that are done with: their records were taken, or moved aside and declared.</returns>
    public async Task<IReadOnlyList<Batch>> SettleAsync(IReadOnlyList<Batch> batches, Response refusal, CancellationToken cancel)
    {
        unsettled.Clear();
        var lines = batches.SelectMany(batch => ledger.Spool.Read(batch).Select((record, i) => new Line(batch, batch.First + i, record))).ToList();
        await HalveAsync(lines, refusal, cancel);
        return [.. batches.Where(batch => !unsettled.Contains(batch))];
    }

    async Task HalveAsync(List<Line> lines, Response refusal, CancellationToken cancel)
    {
        if (lines.Count == 1)
        {
            await RejectAsync(lines[0], refusal, cancel);
            return;
        }
        var middle = lines.Count / 2;
        foreach (var half in (List<Line>[])[lines[..middle], lines[middle..]])
        {
            var response = await SendAsync(half.Select(line => line.Record), cancel);
            if (response.Answer == Answer.Refused) await HalveAsync(half, response, cancel);
        }
    }

    async Task RejectAsync(Line offender, Response refusal, CancellationToken cancel)
    {
        if (++row > RowLimit && await IsTakenAfterAllAsync(offender, refusal, cancel)) return;
        try
        {
            ledger.Reject(offender.Batch, offender.Number, offender.Record, refusal.Status);
            tell($"{refusal.Detail}: record {offender.Number} is refused; it was moved to rejected/ and declared", LogEventLevel.Error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays where it is until its number can be declared.
            unsettled.Add(offender.Batch);
            tell($"{refusal.Detail}: record {offender.Number} is refused, and that cannot be recorded: {e.Message}", LogEventLevel.Error);
        }
    }

    /// <summary>Waits until the receiver takes anything: the record itself, or the newest one (which is then sent once more in its turn).</summary>
    async Task<bool> IsTakenAfterAllAsync(Line suspect, Response refusal, CancellationToken cancel)
    {
        while (true)
        {
            tell($"{refusal.Detail}: the receiver refuses everything; the records are kept", LogEventLevel.Error);
            await patience.WaitForMendingAsync(cancel);
            if ((await SendAsync([suspect.Record], cancel)).Answer == Answer.Accepted) return true;
            if (ledger.Newest() is { } newest && newest != suspect.Record && (await SendAsync([newest], cancel)).Answer == Answer.Accepted) return false;
        }
    }

    async Task<Response> SendAsync(IEnumerable<string> records, CancellationToken cancel)
    {
        var response = await send(Parcel.Compress(records), cancel);
        if (response.Answer == Answer.Accepted) Clear();
        return response;
    }
}
