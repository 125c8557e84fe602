using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>The keys that open each account, and who can change them. All of it is written by users, and hostile.</summary>
sealed class AuthorizedKeys(Machine machine)
{
    static readonly Rule Rule = SshdRules.AuthorizedKeys;

    readonly TimeZoneInfo zone = machine.IsLive ? TimeZoneInfo.Local : TimeZoneInfo.Utc;

    /// <summary>One finding for each account that has keys or a problem, and one for each other source of keys.</summary>
    /// <param name="settingsOf">The settings of the contexts that an account can be in.</param>
    public IReadOnlyList<Finding> Judge(Accounts accounts, Func<Account, IReadOnlyList<EffectiveConfig>> settingsOf, IReadOnlyList<EffectiveConfig> all)
    {
        var findings = accounts.All.Where(account => account.CanLogIn).Select(account => JudgeAccount(account, settingsOf(account))).OfType<Finding>().ToList();
        foreach (var command in all.Select(c => c.Get("authorizedkeyscommand")).OfType<string>().Where(IsSet).Distinct().Take(1))
            findings.Add(Finding.Unknown(Rule, "AuthorizedKeysCommand", $"keys also come from {command.Split(' ')[0]}, which this check does not see"));
        foreach (var file in all.Select(c => c.Get("trustedusercakeys")).OfType<string>().Where(IsSet).Distinct())
            findings.Add(JudgeAuthorities(file));
        return findings.Count > 0 ? findings : [Finding.Pass(Rule, "all accounts", "no account that can log in has a key file")];
    }

    static bool IsSet(string value) => value != "none" && value.StartsWith('/');

    Finding? JudgeAccount(Account account, IReadOnlyList<EffectiveConfig> settings)
    {
        var tally = new Tally();
        foreach (var file in settings.SelectMany(c => KeyFile.Paths(c, account)).Distinct())
        {
            try
            {
                if (KeyFile.OfAccount(machine, account, file) is not { } content) continue;
                if (StrictModes.Fault(machine, file, account) is { } open)
                    tally.Faults.Add($"{open}; with StrictModes sshd ignores the keys, without it anybody who can write there adds one");
                Count(content, tally);
            }
            catch (IOException e)
            {
                tally.Obstacles.Add(e.Message);
            }
        }
        return tally.Finding(account.Name);
    }

    /// <summary>The authorities whose certificates open every account that they name.</summary>
    Finding JudgeAuthorities(string file)
    {
        var tally = new Tally();
        if (KeyFile.OfAuthorities(machine, file) is not { } content) return Finding.Pass(Rule, file, "the file of trusted authorities is missing: no certificate opens an account");
        if (machine.Status(file) is { } status && (status.Uid != 0 || status.WritableByOthers)) tally.Faults.Add($"{file} has mode {status.OctalMode} and belongs to uid {status.Uid}");
        Count(content, tally);
        return tally.Finding(file) ?? Finding.Pass(Rule, file, "the file of trusted authorities is empty");
    }

    void Count(KeyFile file, Tally tally)
    {
        foreach (var (number, key) in file.Lines) Judge(key, file.Path, number, tally);
        tally.Ignored += file.Ignored;
    }

    void Judge(KeyLine line, string file, int number, Tally tally)
    {
        tally.Keys.Add(new Evidence { { "file", file }, { "line", number }, { "type", line.Key.Type }, { "bits", line.Key.Bits }, { "fingerprint", line.Key.Fingerprint } });
        if (line.IsAuthority) tally.Authorities++;
        if (line.Key.Weakness is { } weakness) tally.Faults.Add($"{file}:{number}: {weakness}");
        try
        {
            if (line.Expires(zone) is { } expiry && expiry < machine.Now) tally.Faults.Add($"{file}:{number}: the key expired on {expiry:yyyy-MM-dd}, remove it");
        }
        catch (FormatException)
        {
            tally.Faults.Add($"{file}:{number}: expiry-time is not a time, so sshd ignores the key");
        }
    }

    /// <summary>What was found for one subject.</summary>
    sealed class Tally
    {
        public List<Evidence> Keys { get; } = [];

        public List<string> Faults { get; } = [];

        public List<string> Obstacles { get; } = [];

        public int Ignored { get; set; }

        public int Authorities { get; set; }

        /// <summary>Null where there is nothing to say.</summary>
        public Finding? Finding(string subject)
        {
            if (Keys.Count + Faults.Count + Obstacles.Count + Ignored == 0) return null;
            var evidence = new Evidence { { "keys", Keys }, { "authorities", Authorities }, { "ignored_lines", Ignored }, { "faults", Faults }, { "not_read", Obstacles } };
            return Faults.Count > 0 ? Checks.Finding.Fail(Rule, subject, $"{Faults[0]}{(Faults.Count > 1 ? $" (and {Faults.Count - 1} more)" : "")}", evidence)
                : Obstacles.Count > 0 ? Checks.Finding.Unknown(Rule, subject, $"the keys of {subject} are not certain: {Obstacles[0]}", evidence)
                : Checks.Finding.Pass(Rule, subject, $"{Keys.Count} keys, none weak or expired, and nobody else can change them", evidence);
        }
    }
}
