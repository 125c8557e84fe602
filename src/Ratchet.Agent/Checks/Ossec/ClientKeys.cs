using System.Security.Cryptography;
using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>Who agentd said that it is when it last started (<c>.agent_info</c>: name, address, id, profile; a line each).</summary>
sealed record AgentInfo(string Name, string Id)
{
    public static AgentInfo? Read(Machine machine, Installation installation) =>
        machine.ReadText(installation.QueueDirectory + "/.agent_info", 4096)?.Split('\n') is [var name, _, var id, ..] ? new AgentInfo(name, id) : null;
}

/// <summary>
/// What etc/client.keys holds: lines <c>ID NAME ADDRESS KEY</c>. A line that begins with # or a space says nothing, a name that
/// begins with # or ! is of an agent that was removed. The keys themselves are wiped as soon as they are measured.
/// </summary>
/// <param name="Live">Id and name of each line that is in force.</param>
/// <param name="Malformed">The number of the first line that is none of these; 0 where there is none.</param>
/// <param name="Short">Some key has fewer characters than the 64 that are made.</param>
sealed record ClientKeys(IReadOnlyList<(string Id, string Name)> Live, int Removed, int Malformed, bool Short)
{
    const int Limit = 8 << 20;
    const int KeyLength = 64;

    public static ClientKeys? Read(Machine machine, string path)
    {
        if (machine.ReadBytes(path, Limit) is not { } bytes) return null;
        try
        {
            return Parse(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    internal static ClientKeys Parse(ReadOnlySpan<byte> text)
    {
        var live = new List<(string, string)>();
        var (removed, malformed, tooShort, number) = (0, 0, false, 0);
        Span<Range> fields = stackalloc Range[5];
        foreach (var range in text.Split((byte)'\n'))
        {
            number++;
            var line = text[range];
            if (line.IsEmpty || line[0] is (byte)'#' or (byte)' ') continue;
            var count = Split(line, fields);
            if (count > 1 && line[fields[1]] is [(byte)'#' or (byte)'!', ..]) removed++;
            else if (count != 4 || line[fields[0]].ContainsAnyExceptInRange((byte)'0', (byte)'9') || line[fields[0]].Length > 16 || line[fields[1]].Length > 256) malformed = malformed == 0 ? number : malformed;
            else
            {
                live.Add((Encoding.ASCII.GetString(line[fields[0]]), Encoding.UTF8.GetString(line[fields[1]])));
                tooShort |= line[fields[3]].TrimEnd((byte)'\r').Length < KeyLength;
            }
        }
        return new ClientKeys(live, removed, malformed, tooShort);
    }

    static int Split(ReadOnlySpan<byte> line, Span<Range> fields)
    {
        var count = 0;
        foreach (var range in line.Split((byte)' '))
        {
            if (count == fields.Length) break;
            fields[count++] = range;
        }
        return count;
    }
}
