namespace Ratchet.Agent.Checks.Access;

/// <summary>The rules on who may enter the host, third parties and everyone else.</summary>
static class AccessRules
{
    static readonly Controls Granting = new(["164.308(a)(4)(ii)(B)", "164.308(b)(2)", "164.312(a)(2)(i)"], ["05.i", "01.b", "05.j", "01.q"]);
    static readonly Controls Removal = new(["164.308(a)(4)(ii)(C)", "164.308(a)(3)(ii)(C)"], ["02.i", "01.b"]);

    public static readonly Rule RegisteredOnly = new("access.registered-only", "Whoever can enter the host or a database is in the register", Severity.High,
        "An account, a key or a database role that nobody registered is a way in that nobody answers for: a leftover, a favour, or an intruder's.",
        "Remove the account, key, authority or role; where it is wanted, register it with its holder in access.staff or access.parties.", Granting);

    public static readonly Rule NotExpired = new("access.not-expired", "Of access that has ended nothing is left", Severity.Critical,
        "Who is no longer let in still gets in: a locked password stops no key, an expired account ends no session and no cron job, and the end of a database role stops passwords alone.",
        "Expire the account (usermod --expiredate 1), remove its keys, sessions, processes, crontab and sudo rules; ALTER ROLE … NOLOGIN.", Removal);

    public static readonly Rule TimeLimited = new("access.time-limited", "What a third party was granted ends by itself, no later than registered", Severity.High,
        "Access that somebody has to remember to take away stays: the project ends, and the way in does not.",
        "Set the end on the account (chage --expiredate), on each key (expiry-time=\"…\" before it) and on the role (VALID UNTIL).", Removal);

    public static readonly Rule LeastPrivilege = new("access.least-privilege", "Accounts have the rights that are registered, and nobody shares one", Severity.High,
        "A right that is wider than its purpose is what an intruder takes over; what two people share cannot be told apart in any log.",
        "Remove the sudo rule or the membership, give each person an account and a key of their own; where it is wanted, register the command in sudo.",
        new Controls(["164.312(a)(2)(i)", "164.308(a)(4)(ii)(B)", "164.312(a)(1)"], ["01.c", "01.q", "01.v"]));

    public static readonly Rule Reviewed = new("access.reviewed", "What is granted was reviewed within the year, and the agreement is in force", Severity.Medium,
        "Without review grants pile up; without an agreement in force a third party may not touch protected health information at all (45 CFR 164.308(b)).",
        "Review what is granted and write day and name into review; renew the agreement, or end the access.",
        new Controls(["164.308(a)(4)(ii)(C)", "164.308(b)(3)", "164.314(a)(1)", "164.308(a)(8)"], ["09.f", "05.k", "01.e", "09.e"]));

    public static readonly Rule SessionsAllowed = new("access.sessions-allowed", "Whoever is logged in is in the register, and comes from where it says", Severity.High,
        "A session of an account that nobody registered, or from an address that nobody named, is an intrusion until it is explained.",
        "Ask the holder. Where nobody knows the session: end it (loginctl terminate-session), keep the logs, start an incident.",
        new Controls(["164.312(a)(1)", "164.308(a)(1)(ii)(D)", "164.312(b)"], ["01.j", "09.ab", "01.b"]));

    public static readonly Rule InactiveRemoved = new("access.inactive-removed", "No account that can be entered goes unused for long", Severity.Medium,
        "Nobody misses an account that nobody uses, and nobody notices who else uses it.",
        "Expire or remove the account, with its keys; where it is kept for an emergency, waive it by name.",
        new Controls(["164.308(a)(4)(ii)(C)", "164.308(a)(3)(ii)(C)", "164.308(a)(5)(ii)(C)"], ["02.i", "01.e", "01.b"]));

    public static IReadOnlyList<Rule> All { get; } = [RegisteredOnly, NotExpired, TimeLimited, LeastPrivilege, Reviewed, SessionsAllowed, InactiveRemoved];
}
