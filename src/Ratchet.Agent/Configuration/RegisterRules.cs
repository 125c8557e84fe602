using System.Buffers;
using System.Text.RegularExpressions;
using Ratchet.Agent.Checks.Sshd;

namespace Ratchet.Agent.Configuration;

/// <summary>What the register of access must fulfil: every grant of a party has an end within its agreement, and nothing has two holders.</summary>
static partial class RegisterRules
{
    static readonly SearchValues<char> NoName = SearchValues.Create(":,/\0\n ");

    /// <summary>Each broken rule: the JSON path of the value, and what would be right.</summary>
    public static IEnumerable<(string Place, string Reason)> Broken(AccessSettings access)
    {
        if (access.Inactive < TimeSpan.FromDays(1)) yield return ("$.access.inactive", "expected at least 1d");
        if (access.Staff is { } staff)
            foreach (var broken in OfGrants(staff, "$.access.staff")) yield return broken;
        for (var i = 0; i < access.Parties.Count; i++)
            foreach (var broken in OfParty(access.Parties[i], $"$.access.parties[{i}]")) yield return broken;
        foreach (var broken in Twice(access)) yield return broken;
    }

    static IEnumerable<(string, string)> OfParty(PartySettings party, string at)
    {
        if (!Identifier.IsMatch(party.Id)) yield return ($"{at}.id", "expected a short name of letters, digits, dots and dashes");
        if (string.IsNullOrWhiteSpace(party.Owner)) yield return ($"{at}.owner", "expected who answers for it");
        if (string.IsNullOrWhiteSpace(party.Reason)) yield return ($"{at}.reason", "expected what it is let in for");
        if (string.IsNullOrWhiteSpace(party.Agreement.Ref)) yield return ($"{at}.agreement.ref", "expected where the agreement is kept");
        if (party.Agreement.Expires < party.Agreement.Signed) yield return ($"{at}.agreement.expires", "expected a day on or after signed");
        if (party.Scope is { Hosts.Count: 0, Roles.Count: 0 }) yield return ($"{at}.scope", "expected hosts or roles; leave scope out where all hosts are meant");
        foreach (var broken in OfGrants(party, at)) yield return broken;
        for (var i = 0; i < party.Accounts.Count; i++)
            foreach (var broken in Bounded(party.Agreement, party.Accounts[i].From, party.Accounts[i].Until, $"{at}.accounts[{i}]")) yield return broken;
        for (var i = 0; i < party.DatabaseRoles.Count; i++)
            foreach (var broken in Bounded(party.Agreement, party.DatabaseRoles[i].From, party.DatabaseRoles[i].Until, $"{at}.databaseRoles[{i}]")) yield return broken;
    }

    static IEnumerable<(string, string)> Bounded(AgreementSettings agreement, DateOnly? from, DateOnly? until, string at)
    {
        if (until is null) yield return ($"{at}.until", "expected the last day of the access: what a third party is granted ends");
        else if (until > agreement.Expires) yield return ($"{at}.until", $"expected no day after the agreement's end ({agreement.Expires:yyyy-MM-dd})");
        if (from < agreement.Signed) yield return ($"{at}.from", $"expected no day before the agreement was signed ({agreement.Signed:yyyy-MM-dd})");
    }

    static IEnumerable<(string, string)> OfGrants(GrantsSettings grants, string at)
    {
        for (var i = 0; i < grants.Accounts.Count; i++)
        {
            var account = grants.Accounts[i];
            if (account.Name.Length is 0 or > 256 || account.Name.AsSpan().IndexOfAny(NoName) >= 0) yield return ($"{at}.accounts[{i}].name", "expected the name of an account");
            if (account.Until < account.From) yield return ($"{at}.accounts[{i}].until", "expected a day on or after from");
            for (var k = 0; k < account.Keys.Count; k++)
                if (!Fingerprint.IsMatch(account.Keys[k])) yield return ($"{at}.accounts[{i}].keys[{k}]", "expected a fingerprint as ssh-keygen -l prints it: SHA256: and 43 characters");
            for (var s = 0; s < account.Sudo.Count; s++)
                if (!SudoEntry.IsMatch(account.Sudo[s])) yield return ($"{at}.accounts[{i}].sudo[{s}]", "expected ALL, or a command that begins with its absolute path; (NAME) before it where it runs as another than root");
            foreach (var broken in OfSources(account.Sources, $"{at}.accounts[{i}].sources")) yield return broken;
        }
        for (var i = 0; i < grants.Authorities.Count; i++)
            if (!Fingerprint.IsMatch(grants.Authorities[i])) yield return ($"{at}.authorities[{i}]", "expected a fingerprint as ssh-keygen -l prints it: SHA256: and 43 characters");
        for (var i = 0; i < grants.DatabaseRoles.Count; i++)
        {
            if (grants.DatabaseRoles[i].Role.Length == 0) yield return ($"{at}.databaseRoles[{i}].role", "expected the name of a role");
            if (grants.DatabaseRoles[i].Until < grants.DatabaseRoles[i].From) yield return ($"{at}.databaseRoles[{i}].until", "expected a day on or after from");
        }
        foreach (var broken in OfSources(grants.Sources, $"{at}.sources")) yield return broken;
        if (grants.Review is { } review && string.IsNullOrWhiteSpace(review.By)) yield return ($"{at}.review.by", "expected who reviewed it");
    }

    static IEnumerable<(string, string)> OfSources(IReadOnlyList<string> sources, string at)
    {
        for (var i = 0; i < sources.Count; i++)
            if (AddressRange.Parse(sources[i]) is null) yield return ($"{at}[{i}]", "expected an address or a CIDR range, such as 198.51.100.0/24");
    }

    /// <summary>An account, a key or a role with two holders is a shared one: who used it cannot be told.</summary>
    static IEnumerable<(string, string)> Twice(AccessSettings access)
    {
        var (names, keys, roles, ids) = (new HashSet<string>(), new Dictionary<string, string>(), new HashSet<(string, string)>(), new HashSet<string>());
        foreach (var (grants, at) in access.Parties.Select((party, i) => ((GrantsSettings)party, $"$.access.parties[{i}]")).Prepend((access.Staff ?? new StaffSettings(), "$.access.staff")))
        {
            if (grants is PartySettings party && !ids.Add(party.Id)) yield return ($"{at}.id", $"{party.Id} is registered twice");
            for (var i = 0; i < grants.Accounts.Count; i++)
            {
                var account = grants.Accounts[i];
                if (!names.Add(account.Name)) yield return ($"{at}.accounts[{i}].name", $"{account.Name} is registered twice: an account has one holder");
                for (var k = 0; k < account.Keys.Count; k++)
                    if (!keys.TryAdd(account.Keys[k], account.Name)) yield return ($"{at}.accounts[{i}].keys[{k}]", $"this key is registered for {keys[account.Keys[k]]} already: a key has one holder");
            }
            for (var i = 0; i < grants.DatabaseRoles.Count; i++)
                if (!roles.Add((grants.DatabaseRoles[i].Cluster, grants.DatabaseRoles[i].Role))) yield return ($"{at}.databaseRoles[{i}].role", $"{grants.DatabaseRoles[i].Role} is registered twice: a role has one holder");
        }
    }

    [GeneratedRegex("^SHA256:[A-Za-z0-9+/]{43}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    static partial Regex Fingerprint { get; }

    [GeneratedRegex(@"^(\([^()]+\) )?(ALL|/.+|\^/.+|sudoedit .+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    static partial Regex SudoEntry { get; }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    static partial Regex Identifier { get; }
}
