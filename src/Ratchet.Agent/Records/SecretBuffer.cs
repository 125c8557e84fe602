using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Ratchet.Agent.Records;

/// <summary>Room for what must not stay in memory: pinned, so that the collector makes no copies of it, and wiped at the end.</summary>
readonly ref struct SecretBuffer<T>(int length) where T : unmanaged
{
    public T[] Array { get; } = GC.AllocateArray<T>(length, pinned: true);

    public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(Array.AsSpan()));
}
