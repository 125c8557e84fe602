using System.Globalization;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>Sessions that come over TCP, counted by who, from where and how.</summary>
/// <param name="IsKnown">False where the server did not say whether they are encrypted.</param>
sealed record SessionGroup(string User, string Address, bool IsKnown, bool IsEncrypted, long Count, bool IsReplication);

/// <summary>A line of pg_hba.conf as the server sees it.</summary>
/// <param name="Wrong">The server complains about it; where it has no type it refuses the whole file.</param>
sealed record SeenHbaLine(string? File, int Line, string Type, string Method, bool Wrong);

/// <summary>A role that may log in.</summary>
/// <param name="ValidUntil">When its password ends; null: never. Other ways of authentication do not ask for it.</param>
sealed record LoginRole(string Name, DateTimeOffset? ValidUntil);

/// <summary>What a running server says of itself.</summary>
sealed record ServerAnswer
{
    readonly Dictionary<string, string> settings = [];

    public bool IsStandby { get; private set; }

    /// <summary>When it last read its configuration files, or meant to.</summary>
    public DateTimeOffset LoadedAt { get; private set; }

    /// <summary>It shows the sessions of others (pg_read_all_stats).</summary>
    public bool ShowsSessions { get; private set; }

    /// <summary>Settings that wait for a restart.</summary>
    public List<string> Pending { get; } = [];

    /// <summary>First words of archive_command, or the library; null where the word may hold more than a name.</summary>
    public List<string?> Archivers { get; } = [];

    /// <summary>sslmode of the stream that it receives, as it runs now; null where none runs.</summary>
    public (string Mode, string Host)? Receiver { get; private set; }

    /// <summary>primary_conninfo is set.</summary>
    public bool HasSource { get; private set; }

    /// <summary>sslmode that primary_conninfo asks for, empty where it says nothing; whether it stays on the host, null where that cannot be read.</summary>
    public (string Mode, bool? IsLocal)? Upstream { get; private set; }

    /// <summary>The same of each subscription.</summary>
    public List<(string Name, string Mode, bool? IsLocal)> Subscriptions { get; } = [];

    /// <summary>Superusers that may log in.</summary>
    public List<string> Superusers { get; } = [];

    public List<LoginRole> LoginRoles { get; } = [];

    /// <summary>Roles and the roles that each is a member of, directly or not; superusers only.</summary>
    public List<(string Role, string Group)> Memberships { get; } = [];

    /// <summary>Settings of single roles or databases: <c>role app in shop: log_connections=off</c>.</summary>
    public List<(string Where, string Name, string Value)> Overrides { get; } = [];

    public List<SessionGroup> Sessions { get; } = [];

    public List<(string Name, string Directory)> Tablespaces { get; } = [];

    public List<SeenHbaLine> Hba { get; } = [];

    /// <summary>Settings in files that the server refuses or cannot take without a restart: name and place.</summary>
    public List<(string Name, string Place)> Refused { get; } = [];

    /// <summary>scram, md5, none or other, by login role.</summary>
    public Dictionary<string, string> Passwords { get; } = [];

    /// <summary>Null where this server has no such setting, or does not show it.</summary>
    public string? Setting(string name) => settings.GetValueOrDefault(name);

    /// <param name="output">What psql printed.</param>
    /// <exception cref="FormatException">It is not what was asked for.</exception>
    public static ServerAnswer Parse(string output)
    {
        var answer = new ServerAnswer();
        foreach (var row in Csv.Parse(output))
        {
            if (row.Length != 7) throw new FormatException($"the answer of psql has {row.Length} columns in place of 7");
            if (!answer.Take(row)) throw new FormatException($"the answer of psql has rows of an unknown kind, {row[0]}");
        }
        return answer.LoadedAt == default ? throw new FormatException("psql gave no answer") : answer;
    }

    bool Take(string[] row)
    {
        switch (row[0])
        {
            case "server":
                (IsStandby, LoadedAt, ShowsSessions) = (row[1] == "true", Moment(row[2]), row[3] == "true");
                return true;
            case "setting": settings[row[1]] = row[2]; return true;
            case "pending": Pending.Add(row[1]); return true;
            case "archive":
                if (row[1] == "true") Archivers.Add(row[2].Length > 0 ? row[2] : null);
                return true;
            case "receiver": Receiver = (row[1], row[2]); return true;
            case "upstream": Upstream = (row[1], Truth(row[2])); return true;
            case "source": HasSource = true; return true;
            case "subscription": Subscriptions.Add((row[1], row[2], Truth(row[3]))); return true;
            case "superuser":
                if (row[2] == "true") Superusers.Add(row[1]);
                return true;
            case "role": LoginRoles.Add(new LoginRole(row[1], row[2].Length > 0 ? Second(row[2]) : null)); return true;
            case "member": Memberships.Add((row[1], row[2])); return true;
            case "override": Overrides.Add((Where(row[1], row[2]), row[3], row[4])); return true;
            case "session": Sessions.Add(new SessionGroup(row[1], row[2], row[3] == "true", row[4] == "true", Number(row[5]), row[6] == "walsender")); return true;
            case "tablespace": Tablespaces.Add((row[1], row[2])); return true;
            case "hba": Hba.Add(new SeenHbaLine(row[1].Length > 0 ? row[1] : null, (int)Number(row[2]), row[3], row[4], row[5] == "true")); return true;
            case "refused": Refused.Add((row[1], row[2].Length > 0 ? $"{row[2]}:{row[3]}" : "")); return true;
            case "password": Passwords[row[1]] = row[2]; return true;
            default: return false;
        }
    }

    static string Where(string database, string role) =>
        (database.Length, role.Length) switch { (0, 0) => "every role", (0, _) => $"role {role}", (_, 0) => $"database {database}", _ => $"role {role} in {database}" };

    static bool? Truth(string text) => text switch { "true" => true, "false" => false, _ => null };

    /// <summary>Microseconds since 1970, as exact as the server has it.</summary>
    static DateTimeOffset Moment(string text) =>
        Number(text) is > 0 and < 253_402_300_800_000_000 and var micro ? DateTimeOffset.UnixEpoch.AddTicks(micro * TimeSpan.TicksPerMicrosecond) : throw new FormatException("the answer of psql has no time of the last load");

    /// <summary>Seconds since 1970; a time that this calendar does not have is its nearest end.</summary>
    static DateTimeOffset Second(string text) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(Number(text), -62_135_596_800, 253_402_300_799));

    static long Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"the answer of psql has {Printable.Clean(text, 40)} where a number should be");
}
