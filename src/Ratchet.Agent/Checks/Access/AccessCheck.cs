using Ratchet.Agent.Checks.Access.Sudo;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Checks.Access;

/// <summary>
/// Third parties and everyone else: accounts, keys, authorities, rights, sessions and database roles of the host, held against the
/// register in the configuration. What sshd and PostgreSQL say comes from the looks that their own checks share.
/// </summary>
sealed class AccessCheck(Settings settings, SshdSurvey sshd, ServerClient postgresql, HostClock? clock = null) : ICheck
{
    readonly HostClock clock = clock ?? new();
    readonly LastLogins logins = new(settings.Access.Inactive);
    readonly Kept<Sudoers?> sudoers = new();

    public IReadOnlyList<Rule> Rules => AccessRules.All;

    public async Task<IReadOnlyList<Finding>> RunAsync(Machine machine, CancellationToken cancel)
    {
        var host = Speaker.Of(machine, settings.Host).Name;
        var names = await sshd.AccountsAsync(machine, cancel);
        var view = new AccessView(machine, await clock.AskAsync(machine, cancel), HostName(machine), new Register(settings.Access, host, settings.Roles),
            await HostAccounts.ReadAsync(machine, sshd, cancel), names, await ClusterRoles.ReadAsync(machine, postgresql, cancel), sudoers);
        var history = await logins.AskAsync(machine, names, cancel);
        return Alike.Merge(
        [
            .. Try(AccessRules.RegisteredOnly, new RegisteredVerdicts(view, settings.Postgresql.Role).Judge),
            .. Try(AccessRules.NotExpired, new EndedVerdicts(view).Judge),
            .. Try(AccessRules.TimeLimited, new TimeVerdicts(view).Judge),
            .. Try(AccessRules.LeastPrivilege, new PrivilegeVerdicts(view).Judge),
            .. Try(AccessRules.Reviewed, new ReviewVerdicts(view).Judge),
            .. Try(AccessRules.SessionsAllowed, new SessionVerdicts(view).Judge),
            .. Try(AccessRules.InactiveRemoved, new InactiveVerdicts(view, history, settings.Access.Inactive).Judge),
        ]);
    }

    /// <summary>Who came and who went.</summary>
    public ValueTask<long?> DigestAsync(Machine machine, CancellationToken cancel)
    {
        var digest = new HashCode();
        foreach (var session in machine.List("/run/systemd/sessions") ?? []) digest.Add(session);
        digest.Add(machine.Stamp("/run/utmp"));
        return ValueTask.FromResult<long?>(digest.ToHashCode());
    }

    /// <summary>sudo goes by the name that the kernel has, or what the resolver makes of it, not by the one in the configuration.</summary>
    static string HostName(Machine machine) => (machine.ReadText("/proc/sys/kernel/hostname") ?? machine.ReadText("/etc/hostname") ?? "localhost").Trim();

    /// <summary>A fact that cannot be had makes one rule unknown, not all.</summary>
    static Finding[] Try(Rule rule, Func<IEnumerable<Finding>> judge)
    {
        try
        {
            return [.. judge()];
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return [Finding.Unknown(rule, "access", $"could not look: {e.Message}")];
        }
    }
}
