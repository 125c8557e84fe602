namespace Ratchet.Agent.Tests.Fuzzing;

/// <summary>A connection whose other side says these bytes and ends, whatever it is told.</summary>
sealed class TwoWays(byte[] said) : MemoryStream(said)
{
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
}
