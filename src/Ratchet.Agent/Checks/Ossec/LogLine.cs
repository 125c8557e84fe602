using System.Buffers.Text;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>What a line of ossec.log tells, as far as it is of interest.</summary>
enum LogKind
{
    Other,
    SyscheckStarted,
    SyscheckEnded,
    RootcheckStarted,
    RootcheckEnded,

    /// <summary>syscheckd holds its scan until the agent is connected.</summary>
    ScanHeld,

    /// <summary>The manager acknowledged: the agent is connected. (<c>INFO: Connected to …</c> without a daemon is a mere UDP connect.)</summary>
    Connected,

    /// <summary>No answer of the manager.</summary>
    Waiting,
}

/// <summary>
/// One line of ossec.log: <c>2026/11/21 19:08:30 rootcheck: INFO: Ending rootcheck scan.</c> Daemons quote names of files and
/// log entries of others, so a line counts only where the whole of it is a message that its daemon writes, never by a part.
/// </summary>
static class LogLine
{
    /// <summary>The length of <c>2026/11/21 19:08:30 </c>.</summary>
    const int StampLength = 20;

    /// <summary>The time of a line in the host's zone; null where it has none.</summary>
    public static DateTime? Stamp(ReadOnlySpan<byte> line)
    {
        if (line.Length < StampLength || line[4] != '/' || line[7] != '/' || line[10] != ' ' || line[13] != ':' || line[16] != ':' || line[19] != ' ') return null;
        if (!Number(line[..4], out var year) || !Number(line[5..7], out var month) || !Number(line[8..10], out var day) ||
            !Number(line[11..13], out var hour) || !Number(line[14..16], out var minute) || !Number(line[17..19], out var second)) return null;
        return year is < 2000 or > 2200 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60
            ? null
            : new DateTime(year, month, day, hour, minute, Math.Min(second, 59), DateTimeKind.Unspecified);
    }

    public static LogKind Kind(ReadOnlySpan<byte> line)
    {
        if (line.Length <= StampLength || line[StampLength] is not ((byte)'o' or (byte)'w' or (byte)'r')) return LogKind.Other;
        var text = line[StampLength..];
        var end = text.IndexOfAny((byte)':', (byte)'(', (byte)'[');
        if (end < 0) return LogKind.Other;
        // Most lines are of others, told apart by the length of their names: syscheckd and rootcheck have 9, agentd 6.
        if (end is not (15 or 12 or 9 or 6)) return LogKind.Other;
        var daemon = text[..end];
        return KindOf(daemon.StartsWith("ossec-"u8) || daemon.StartsWith("wazuh-"u8) ? daemon[6..] : daemon, text[end..]);
    }

    static LogKind KindOf(ReadOnlySpan<byte> daemon, ReadOnlySpan<byte> rest) =>
        daemon.SequenceEqual("syscheckd"u8) ? OfSyscheck(Message(rest))
        : daemon.SequenceEqual("rootcheck"u8) ? OfRootcheck(Message(rest))
        : daemon.SequenceEqual("agentd"u8) ? OfAgent(rest)
        : LogKind.Other;

    static LogKind OfSyscheck(ReadOnlySpan<byte> message) =>
        message.SequenceEqual("Ending syscheck scan."u8) || message.SequenceEqual("Ending syscheck scan (forwarding database)."u8) ||
        message.SequenceEqual("(6009): File integrity monitoring scan ended."u8) ? LogKind.SyscheckEnded
        : message.SequenceEqual("Starting syscheck scan."u8) || message.SequenceEqual("Starting syscheck scan (forwarding database)."u8) ||
        message.SequenceEqual("(6008): File integrity monitoring scan started."u8) ? LogKind.SyscheckStarted
        : message.SequenceEqual("Process locked. Waiting for permission..."u8) ? LogKind.ScanHeld
        : OfRootcheck(message);

    static LogKind OfRootcheck(ReadOnlySpan<byte> message) =>
        message.SequenceEqual("Ending rootcheck scan."u8) ? LogKind.RootcheckEnded
        : message.SequenceEqual("Starting rootcheck scan."u8) ? LogKind.RootcheckStarted
        : LogKind.Other;

    // OSSEC puts the number behind the daemon, Wazuh into the message.
    static LogKind OfAgent(ReadOnlySpan<byte> rest) =>
        rest.StartsWith("(4102): INFO: Connected to server "u8) || rest.StartsWith(": INFO: (4102): Connected to the server "u8) ? LogKind.Connected
        : rest.StartsWith("(4101): WARN: Waiting for server reply "u8) || rest.StartsWith(": WARNING: (4101): Waiting for server reply "u8) ? LogKind.Waiting
        : LogKind.Other;

    /// <summary>
    /// What follows the level: <c>: INFO: MESSAGE</c>, or of a Wazuh that debugs
    /// <c>[123] run_check.c:61 at fim_scan(): INFO: MESSAGE</c>.
    /// </summary>
    static ReadOnlySpan<byte> Message(ReadOnlySpan<byte> rest)
    {
        if (rest[0] == '[')
        {
            var place = rest.IndexOf("(): "u8);
            if (place < 0 || rest[..place].ContainsAny("'\"%/"u8)) return [];
            rest = rest[(place + 2)..];
        }
        return rest.StartsWith(": INFO: "u8) ? rest[8..] : rest.StartsWith(": WARN: "u8) ? rest[8..] : [];
    }

    static bool Number(ReadOnlySpan<byte> digits, out int number) => Utf8Parser.TryParse(digits, out number, out var used) && used == digits.Length && number >= 0;
}
