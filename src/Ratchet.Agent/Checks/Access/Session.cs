using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>Somebody who is on the host.</summary>
/// <param name="From">Null: from the host's own terminals, or from where is not known.</param>
/// <param name="Place">The address, the terminal, or a name that stands for an address.</param>
/// <param name="IsLocal">At a terminal of the host.</param>
/// <param name="Doubt">Why it may be no session; null: it is one.</param>
sealed record Session(string User, IPAddress? From, string Place, bool IsLocal, string? Doubt = null)
{
    public string Subject => $"{User} from {Place}";
}

/// <summary>
/// Who is on the host: the sessions of systemd-logind, the logins of utmp, and the processes of sshd, for <c>ssh -N</c> has no
/// terminal and no utmp line, and not every host has logind.
/// </summary>
sealed partial class Sessions(Machine machine, Accounts accounts)
{
    const uint NobodyLoggedIn = uint.MaxValue;
    const int FileLimit = 64 << 10;

    readonly List<Session> found = [];
    readonly HashSet<string> audits = [];

    public IReadOnlyList<Session> Find()
    {
        AddLogind();
        AddUtmp();
        AddSshd();
        return [.. found.OrderBy(session => session.Doubt is not null).DistinctBy(session => session.Subject)];
    }

    /// <summary>A file for each session, of lines KEY=VALUE (logind-session.c).</summary>
    void AddLogind()
    {
        foreach (var name in machine.List("/run/systemd/sessions") ?? [])
        {
            // A pipe beside each session, NAME.ref, is open as long as it lives.
            if (name.Contains('.', StringComparison.Ordinal) || machine.ReadText($"/run/systemd/sessions/{name}", FileLimit) is not { } text) continue;
            var values = new Dictionary<string, string>();
            foreach (var line in text.Split('\n'))
                if (line.Split('=', 2) is [var key, var value]) values.TryAdd(key, value.Trim('"'));
            // Cron and the user's own manager are no presence.
            if (values.GetValueOrDefault("CLASS")?.StartsWith("user", StringComparison.Ordinal) != true || values.GetValueOrDefault("STATE") == "closing") continue;
            if (values.GetValueOrDefault("AUDIT") is { Length: > 0 } audit) audits.Add(audit);
            var user = values.GetValueOrDefault("USER") ?? NameOf(values.GetValueOrDefault("UID"));
            Add(user, values.GetValueOrDefault("REMOTE_HOST") ?? "", null, values.GetValueOrDefault("TTY") ?? values.GetValueOrDefault("SERVICE") ?? "a terminal", values.GetValueOrDefault("REMOTE") == "1");
        }
    }

    void AddUtmp()
    {
        if (machine.ReadBytes("/run/utmp") is not { } utmp) return;
        foreach (var login in Utmp.Parse(utmp))
            // A crash leaves its lines behind.
            if (machine.Status($"/proc/{login.Pid}") is not null)
                Add(login.User, login.Host, login.Address, login.Line, login.Address is not null || (login.Host.Length > 0 && login.Host[0] != ':'));
    }

    void AddSshd()
    {
        var processes = new ProcessTable(machine);
        var seen = new HashSet<string>();
        foreach (var pid in processes.Ids())
        {
            if (processes.Name(pid) is not ("sshd" or "sshd-session")) continue;
            var isServer = IsServer(processes, pid);
            if (isServer == false) continue;
            var audit = machine.ReadText($"/proc/{pid}/sessionid")?.Trim();
            var user = UserOf(pid);
            if (user is null || (audit is not null && audits.Contains(audit)) || !seen.Add($"{user} {audit} {isServer}")) continue;
            var peer = SessionPeer.Of(machine, pid);
            Add(user, "", peer, "an address that is not known", isRemote: true, isServer is null ? "which program the process runs that says so may not be read (CAP_SYS_PTRACE)" : null);
        }
    }

    /// <summary>
    /// Whether it is root's sshd, or the process of it that serves the user: whoever may start a program can name one sshd, and write
    /// anything into its title. Null where the programs may not be read.
    /// </summary>
    static bool? IsServer(ProcessTable processes, int pid)
    {
        if (processes.Describe(pid) is not { } process) return false;
        var isSshd = IsSshd(process);
        if (process.Uid == 0 || isSshd == false) return isSshd;
        if (processes.Parent(pid) is not { } parent || processes.Describe(parent) is not { Uid: 0 } monitor) return false;
        // A fork runs the program of the process that it came from.
        return IsSshd(monitor) is true && isSshd is true ? process.Executable == monitor.Executable : IsSshd(monitor) is false ? false : null;
    }

    static bool? IsSshd(ProcessInfo process) => process.Executable is { } program ? Path.GetFileName(program) is "sshd" or "sshd-session" : null;

    /// <summary>The user whom an sshd serves: whom pam_loginuid wrote down, or else whom its title names after the login.</summary>
    string? UserOf(int pid)
    {
        if (LoginUid(machine, pid) is { } uid) return NameOf(uid.ToString(CultureInfo.InvariantCulture));
        return Title.Match(machine.ReadText($"/proc/{pid}/cmdline") ?? "") is { Success: true } title ? title.Groups["user"].Value : null;
    }

    /// <summary>Who logged in for the process to run, whatever it became since; null for daemons and where the kernel keeps none.</summary>
    public static uint? LoginUid(Machine machine, int pid) =>
        uint.TryParse(machine.ReadText($"/proc/{pid}/loginuid")?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var uid) && uid != NobodyLoggedIn ? uid : null;

    void Add(string user, string host, IPAddress? address, string terminal, bool isRemote, string? doubt = null)
    {
        if (address is null && host.Length > 0 && IPAddress.TryParse(host, out var parsed)) address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        var place = address?.ToString() ?? (isRemote && host.Length > 0 ? host : terminal);
        found.Add(new Session(user, address, place, !isRemote, doubt));
    }

    string NameOf(string? uid) => accounts.All.FirstOrDefault(account => account.Uid.ToString(CultureInfo.InvariantCulture) == uid)?.Name ?? uid ?? "?";

    // Before the login the name is the one that the client claims, and [net] or [priv] follows it; after it @ and the terminals, or
    // nothing where no session was asked for (ssh -N).
    [GeneratedRegex(@"^sshd(-session)?: (?<user>[^ @\[\]\0]+)(@|\0|$)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    static partial Regex Title { get; }
}
