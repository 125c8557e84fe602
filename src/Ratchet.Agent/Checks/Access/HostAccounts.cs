using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>Every account of the host with the ways into it, and what sshd trusts beside keys.</summary>
/// <param name="Authorities">Keys of the authorities whose certificates open accounts.</param>
/// <param name="Unseen">Why there may be ways in that do not show here; by subject.</param>
sealed record HostAccounts(IReadOnlyList<HostAccount> All, IReadOnlyList<FoundKey> Authorities, IReadOnlyList<(string Subject, string Reason)> Unseen, bool HasDirectory)
{
    public HostAccount? Find(string name) => All.FirstOrDefault(account => account.Name == name);

    public static async Task<HostAccounts> ReadAsync(Machine machine, SshdSurvey survey, CancellationToken cancel)
    {
        var accounts = await survey.AccountsAsync(machine, cancel);
        var view = await survey.LookAsync(machine, cancel);
        var shadow = ShadowFile.Read(machine);
        var surveyed = view.Daemons.Select(daemon => daemon.Survey).OfType<SurveyedDaemon>().ToArray();
        var all = surveyed.SelectMany(one => one.Known).Select(known => known.Answer.Config!).ToArray();
        var zone = HostZone.Of(machine);
        var isCurrent = view.Daemons.All(daemon => daemon.Survey is { Obstacle: null } one && one.Known.Count > 0 && RunningConfig.NewerFiles(machine, daemon.Daemon, one.Config, one.Known[0].Answer.Config!) is { Length: 0 });
        var trusted = all.SelectMany(config => config.All("trustedusercakeys")).Where(file => file.StartsWith('/')).Distinct().ToArray();
        var unseen = Unknowns(accounts, view, all).ToList();
        var authorities = new List<FoundKey>();
        foreach (var file in trusted)
            try
            {
                if (KeyFile.OfAuthorities(machine, file) is { } keys) authorities.AddRange(keys.Lines.Select(line => Found(file, line.Number, line.Key, zone) with { IsAuthority = true }));
            }
            catch (IOException e)
            {
                unseen.Add((file, e.Message));
            }
        return new HostAccounts([.. accounts.All.Select(Describe)], authorities, unseen, accounts.HasDirectory);

        HostAccount Describe(Account account)
        {
            var (keys, obstacles) = (new List<FoundKey>(), new List<string>());
            foreach (var file in surveyed.SelectMany(one => one.SettingsOf(account, accounts)).SelectMany(config => KeyFile.Paths(config, account)).Distinct())
                try
                {
                    if (KeyFile.OfAccount(machine, account, file) is { } content) keys.AddRange(content.Lines.Select(line => Found(file, line.Number, line.Key, zone)));
                }
                catch (IOException e)
                {
                    obstacles.Add(e.Message);
                }
            var entry = shadow.GetValueOrDefault(account.Name);
            return new HostAccount(account, entry, keys, obstacles, trusted.Length > 0, isCurrent ? SshdRefusal.Of(surveyed.SelectMany(one => one.SettingsOf(account, accounts)), account, accounts, entry) : null);
        }
    }

    static FoundKey Found(string file, int line, KeyLine key, TimeZoneInfo zone)
    {
        DateTimeOffset? expires;
        try
        {
            expires = key.Expires(zone);
        }
        catch (FormatException)
        {
            expires = DateTimeOffset.MinValue;
        }
        return new FoundKey(key.Key.Fingerprint, $"{file}:{line}", key.IsAuthority, expires);
    }

    static IEnumerable<(string, string)> Unknowns(Accounts accounts, SshdView view, EffectiveConfig[] all)
    {
        if (accounts.HasDirectory) yield return ("directory", "accounts also come from a directory (nsswitch.conf), which need not list them all");
        foreach (var (daemon, survey) in view.Daemons)
            if ((survey is null ? daemon.Problem : survey.Obstacle) is { } reason) yield return (daemon.Subject, $"where its keys lie is not known: {reason}");
        foreach (var command in all.Select(config => config.Get("authorizedkeyscommand")).OfType<string>().Where(command => command.StartsWith('/')).Distinct())
            yield return ("AuthorizedKeysCommand", $"keys also come from {command.Split(' ')[0]}, which does not show them");
    }
}
