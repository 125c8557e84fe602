using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>What works for an account without anybody logging in: processes, crontabs, at jobs, units of its own.</summary>
sealed class Remnants(Machine machine)
{
    const int TableLimit = 256 << 10;

    // Debian and Ubuntu, then others.
    static readonly string[] Spools = ["/var/spool/cron/atjobs", "/var/spool/at"];
    static readonly string[] Crontabs = ["/var/spool/cron/crontabs", "/var/spool/cron"];

    /// <param name="uid">Null where the account is gone: then what is found by number is not looked for.</param>
    public IEnumerable<string> Of(string name, uint? uid, string? home)
    {
        foreach (var spool in Crontabs)
            if (machine.Status($"{spool}/{name}") is { Kind: FileKind.Regular }) yield return $"its crontab {spool}/{name}";
        foreach (var (file, line) in SystemCrontabs(name)) yield return $"a line for it in {file}:{line}";
        if (machine.Status($"/var/lib/systemd/linger/{name}") is not null) yield return "its units run without a login (loginctl enable-linger)";
        if (uid is not { } number) yield break;
        foreach (var spool in Spools)
            foreach (var job in machine.List(spool) ?? [])
                if (machine.Status($"{spool}/{job}", follow: false) is { Kind: FileKind.Regular } file && file.Uid == number) yield return $"a job of at in {spool}";
        if (home is { Length: > 1 } && machine.Status($"{home}/.config/systemd/user", follow: false) is not null) yield return $"units of its own in {home}/.config/systemd/user";
        if (Processes(number) is > 0 and var count) yield return count == 1 ? "a process" : $"{count} processes";
    }

    /// <summary>Processes that run as it, or that somebody who logged in as it started.</summary>
    int Processes(uint uid)
    {
        var quiet = machine.Unwatched();
        return new ProcessTable(quiet).Ids().Count(pid => Sessions.LoginUid(quiet, pid) == uid || ProcessCredentials.Read(quiet, pid)?.Uids.Contains(uid) == true);
    }

    /// <summary>crontab(5) of the system: five fields of time or one <c>@word</c>, then the account.</summary>
    IEnumerable<(string File, int Line)> SystemCrontabs(string name)
    {
        foreach (var file in (machine.List("/etc/cron.d") ?? []).Select(entry => $"/etc/cron.d/{entry}").Prepend("/etc/crontab"))
        {
            if (machine.Status(file) is not { Kind: FileKind.Regular } || machine.ReadText(file, TableLimit) is not { } text) continue;
            var number = 0;
            foreach (var line in text.Split('\n'))
            {
                number++;
                var words = line.Split([' ', '\t'], 8, StringSplitOptions.RemoveEmptyEntries);
                if (words.Length > 1 && words[0][0] != '#' && words.ElementAtOrDefault(words[0][0] == '@' ? 1 : 5) == name) yield return (file, number);
            }
        }
    }
}
