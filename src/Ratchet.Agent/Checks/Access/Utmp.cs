using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Ratchet.Agent.Checks.Access;

/// <summary>A login in utmp(5) or wtmp(5).</summary>
/// <param name="Host">As the program that wrote it had it: a name, an address, <c>:0</c>, or empty.</param>
sealed record UtmpLogin(int Pid, string Line, string User, string Host, IPAddress? Address, DateTimeOffset At);

/// <summary>
/// Records of 384 bytes (glibc, x86-64): type, pid, terminal (32), id (4), user (32), host (256), exit, session, seconds and
/// microseconds (32 bits each), address (16 bytes in network order).
/// </summary>
static class Utmp
{
    public const int RecordSize = 384;

    const short UserProcess = 7;

    /// <exception cref="FormatException">The file is cut off, or no such file.</exception>
    public static IReadOnlyList<UtmpLogin> Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length % RecordSize != 0) throw new FormatException("is cut off in the middle of a record");
        var logins = new List<UtmpLogin>();
        for (var rest = file; rest.Length > 0; rest = rest[RecordSize..])
        {
            if (BinaryPrimitives.ReadInt16LittleEndian(rest) != UserProcess) continue;
            var seconds = BinaryPrimitives.ReadUInt32LittleEndian(rest[340..]);
            logins.Add(new UtmpLogin(BinaryPrimitives.ReadInt32LittleEndian(rest[4..]), Text(rest.Slice(8, 32)), Text(rest.Slice(44, 32)), Text(rest.Slice(76, 256)),
                Address(rest.Slice(348, 16)), DateTimeOffset.FromUnixTimeSeconds(seconds)));
        }
        return logins;
    }

    /// <summary>IPv4 in the first four bytes, the others zero.</summary>
    static IPAddress? Address(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.ContainsAnyExcept((byte)0)) return null;
        var address = new IPAddress(bytes[4..].ContainsAnyExcept((byte)0) ? bytes : bytes[..4]);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}
