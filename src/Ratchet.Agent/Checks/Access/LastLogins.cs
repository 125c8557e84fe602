using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>The last login of each account that the logs know of, and since when they know all.</summary>
/// <param name="Since">From when on no login is missing; null where that cannot be said.</param>
/// <param name="Obstacle">Why <paramref name="Since"/> is null.</param>
sealed record LoginHistory(IReadOnlyDictionary<string, DateTimeOffset> Last, DateTimeOffset? Since, string? Obstacle);

/// <summary>
/// Looks for logins in the journal, whose lines carry who wrote them (root's sshd and login), and in wtmp and lastlog. The last two
/// prove a login and never its absence: a command over ssh has no terminal and writes neither. Looked for every few hours.
/// </summary>
sealed partial class LastLogins(TimeSpan window)
{
    static readonly TimeSpan Pause = TimeSpan.FromHours(6);

    const int WtmpLimit = 4 << 20;
    const int LastlogRecord = 292;

    (DateTimeOffset At, LoginHistory History)? kept;

    public async Task<LoginHistory> AskAsync(Machine machine, Accounts accounts, CancellationToken cancel)
    {
        if (kept is { } last && machine.Now - last.At is var age && age >= TimeSpan.Zero && age < Pause) return last.History;
        var quiet = machine.Unwatched();
        var logins = new Dictionary<string, DateTimeOffset>();
        ReadLastlog(quiet, accounts, logins);
        ReadWtmp(quiet, logins);
        var (since, obstacle) = await ReadJournalAsync(quiet, logins, cancel);
        var history = new LoginHistory(logins, since, obstacle);
        kept = (machine.Now, history);
        return history;
    }

    /// <summary>lastlog(5): a record of 292 bytes for each uid, seconds since 1970 first.</summary>
    static void ReadLastlog(Machine machine, Accounts accounts, Dictionary<string, DateTimeOffset> logins)
    {
        if (machine.Status("/var/log/lastlog") is not { Kind: FileKind.Regular } file) return;
        foreach (var account in accounts.All)
            if (((long)account.Uid + 1) * LastlogRecord <= file.Size && machine.ReadAt("/var/log/lastlog", null, (long)account.Uid * LastlogRecord, 4) is { Length: 4 } bytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes) is > 0 and var seconds)
                Note(logins, account.Name, DateTimeOffset.FromUnixTimeSeconds(seconds), machine.Now);
    }

    static void ReadWtmp(Machine machine, Dictionary<string, DateTimeOffset> logins)
    {
        foreach (var path in new[] { "/var/log/wtmp.1", "/var/log/wtmp" })
        {
            if (machine.Status(path) is not { Kind: FileKind.Regular } file) continue;
            var whole = file.Size / Utmp.RecordSize * Utmp.RecordSize;
            var start = Math.Max(0, whole - WtmpLimit / Utmp.RecordSize * Utmp.RecordSize);
            var bytes = machine.ReadAt(path, null, start, (int)(whole - start)) ?? [];
            foreach (var login in Utmp.Parse(bytes.AsSpan(0, bytes.Length / Utmp.RecordSize * Utmp.RecordSize))) Note(logins, login.User, login.At, machine.Now);
        }
    }

    async Task<(DateTimeOffset?, string?)> ReadJournalAsync(Machine machine, Dictionary<string, DateTimeOffset> logins, CancellationToken cancel)
    {
        try
        {
            if (JournalFiles.Begin(machine) is not { } begins) return (null, "there is no journal on this host");
            var from = (machine.Now - window).ToUnixTimeSeconds();
            var result = await machine.RunAsync("/usr/bin/journalctl",
                ["-q", "--no-pager", "-o", "short-unix", "--since", $"@{from}", "--grep", @"^(Accepted |pam_unix\((sshd|login):session\): session opened )", "_UID=0", "_COMM=sshd", "+", "_UID=0", "_COMM=sshd-session", "+", "_UID=0", "_COMM=login"], cancel);
            // 1 without a word: nothing was found.
            if (result.ExitCode != 0 && !(result.ExitCode == 1 && result.Error.Length == 0)) return (null, $"journalctl ended with {result.ExitCode}: {Printable.Clean(result.Error.Split('\n')[0], 200)}");
            foreach (var line in result.Output.Split('\n'))
                if (LoginLine.Match(line) is { Success: true } match && double.TryParse(match.Groups["time"].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < uint.MaxValue)
                    Note(logins, match.Groups["user"].Value, DateTimeOffset.FromUnixTimeSeconds((long)seconds), machine.Now);
            return (begins, null);
        }
        catch (IOException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>A time that lies ahead (a clock that was wrong) is no login.</summary>
    static void Note(Dictionary<string, DateTimeOffset> logins, string user, DateTimeOffset at, DateTimeOffset now)
    {
        if (user.Length > 0 && at <= now + TimeSpan.FromMinutes(5) && (!logins.TryGetValue(user, out var last) || last < at)) logins[user] = at;
    }

    [GeneratedRegex(@"^(?<time>[0-9]+(\.[0-9]+)?) \S+ \S+: (Accepted \S+ for (?<user>\S+) from |pam_unix\((sshd|login):session\): session opened for user (?<user>[^( ]+))", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    static partial Regex LoginLine { get; }
}
