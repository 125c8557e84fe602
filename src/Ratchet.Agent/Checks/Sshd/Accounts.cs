using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>An account of passwd(5).</summary>
sealed record Account(string Name, uint Uid, uint Gid, string Home, string Shell)
{
    /// <summary>An empty shell is /bin/sh.</summary>
    public bool CanLogIn => Path.GetFileName(Shell) is not ("nologin" or "false" or "sync" or "shutdown" or "halt");
}

/// <summary>The accounts of a host and their groups.</summary>
sealed class Accounts
{
    readonly Dictionary<string, Account> byName = [];
    readonly Dictionary<uint, string> firstNames = [];
    readonly Dictionary<uint, HashSet<string>> groupNames = [];
    readonly Dictionary<string, HashSet<uint>> memberships = [];

    /// <summary>True where passwd or group also come from a directory, whose members are not all known here.</summary>
    public bool HasDirectory { get; private init; }

    /// <summary>uid 0 first, then who can log in, then the others; in the order of passwd.</summary>
    public IReadOnlyList<Account> All { get; private set; } = [];

    public Account? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The groups of an account by their first names: those that getgrgid(3) gives, and sshd and sudo compare.</summary>
    public IEnumerable<string> GroupsOf(string user) => GroupIdsOf(user).Where(firstNames.ContainsKey).Select(gid => firstNames[gid]);

    /// <summary>The groups of an account by all of their names: two names with one number are one group to the kernel.</summary>
    public IEnumerable<string> AllGroupNamesOf(string user) => GroupIdsOf(user).SelectMany(gid => groupNames.GetValueOrDefault(gid) ?? []);

    public IEnumerable<uint> GroupIdsOf(string user) =>
        Find(user) is { } account ? (memberships.GetValueOrDefault(user) ?? []).Append(account.Gid).Distinct() : [];

    /// <summary>From the text of passwd(5) and group(5).</summary>
    public static Accounts Parse(string passwd, string group, bool hasDirectory = false)
    {
        var accounts = new Accounts { HasDirectory = hasDirectory };
        foreach (var line in NameFile.Lines(passwd, 7))
            if (line is [{ Length: > 0 } name, _, var uid, var gid, _, var home, var shell] && !NameFile.IsComment(name) && NameFile.Number(uid) is { } u && NameFile.Number(gid) is { } g)
                accounts.byName.TryAdd(name, new Account(name, u, g, home, shell.TrimEnd('\r')));
        foreach (var line in NameFile.Lines(group, 4))
            if (line is [{ Length: > 0 } name, _, var gid, var members] && NameFile.Number(gid) is { } id)
                accounts.AddGroup(name, id, members);
        accounts.All = [.. accounts.byName.Values.OrderBy(a => a.Uid == 0 ? 0 : a.CanLogIn ? 1 : 2)];
        return accounts;
    }

    void AddGroup(string name, uint gid, string members)
    {
        // A comment names no group, yet initgroups(3) takes its members.
        if (!NameFile.IsComment(name))
        {
            firstNames.TryAdd(gid, name);
            (groupNames.TryGetValue(gid, out var names) ? names : groupNames[gid] = []).Add(name);
        }
        foreach (var member in members.Split(',').Select(member => member.TrimStart([.. NameFile.Blanks])).Where(member => member.Length > 0))
            (memberships.TryGetValue(member, out var groups) ? groups : memberships[member] = []).Add(gid);
    }

    /// <summary>Reads /etc/passwd and /etc/group, and asks getent where nsswitch.conf names a directory.</summary>
    public static async Task<Accounts> ReadAsync(Machine machine, SshdAnswers answers, CancellationToken cancel)
    {
        var directory = NamesDirectory(machine.ReadText("/etc/nsswitch.conf") ?? "");
        var passwd = machine.ReadText("/etc/passwd") ?? throw new FileNotFoundException("/etc/passwd: is missing");
        var group = machine.ReadText("/etc/group") ?? "";
        if (directory)
        {
            // Nothing on the host shows when a directory changes: it is asked again each hour.
            passwd += "\n" + await EnumerateAsync("passwd");
            group += "\n" + await EnumerateAsync("group");
        }
        return Parse(passwd, group, directory);

        async Task<string> EnumerateAsync(string database)
        {
            var result = await answers.AskAsync(machine, "/usr/bin/getent", [database], $"{machine.Now.ToUnixTimeSeconds() / 3600}", cancel);
            return result.ExitCode == 0 ? result.Output : throw new CommandException($"getent {database} failed with exit code {result.ExitCode}: the accounts of the directory are not known");
        }
    }

    internal static bool NamesDirectory(string nsswitch) => nsswitch.Split('\n')
        .Where(line => line.StartsWith("passwd:", StringComparison.Ordinal) || line.StartsWith("group:", StringComparison.Ordinal))
        .SelectMany(line => line.Split('#')[0].Split(' ', '\t').Skip(1))
        .Any(source => source.Length > 0 && source[0] != '[' && source is not ("files" or "compat" or "systemd"));
}
