using System.Buffers.Binary;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Fuzzing;

/// <summary>Answers of sock_diag(7) as the kernel writes them: messages of 16 bytes of header and a body, and the end.</summary>
static class NetlinkSeeds
{
    const ushort Socket = 20, Done = 3;

    public static byte[][] Sockets => [[.. Message(Socket, Internet()), .. Message(Socket, [.. Internet(), 5, 0, 11, 0, 1, 0, 0, 0]), .. Message(Done, new byte[4])]];

    public static byte[][] Unix => [[.. Message(Socket, [1, 2, 1, 0, .. new byte[12], 12, 0, 1, 0, 7, 0, 0, 0, 1, 0, 0, 0]), .. Message(Done, new byte[4])]];

    public static void FeedUnix(byte[] input)
    {
        var found = false;
        UnixDiag.Parse(input, 7, ref found);
    }

    static byte[] Internet()
    {
        var body = new byte[72];
        (body[0], body[1], body[4], body[5]) = (10, 10, 0x1F, 0x90);
        return body;
    }

    static byte[] Message(ushort type, byte[] body)
    {
        var message = new byte[16 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        body.CopyTo(message, 16);
        return message;
    }
}
