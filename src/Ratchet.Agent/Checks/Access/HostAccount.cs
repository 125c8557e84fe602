using Ratchet.Agent.Checks.Sshd;

namespace Ratchet.Agent.Checks.Access;

/// <summary>A key that opens an account.</summary>
/// <param name="Place"><c>FILE:LINE</c>.</param>
/// <param name="Expires">When it ends by itself; null: never. A malformed time makes sshd ignore the key: that is its end, long past.</param>
sealed record FoundKey(string Fingerprint, string Place, bool IsAuthority, DateTimeOffset? Expires);

/// <summary>An account of the host and the ways into it.</summary>
/// <param name="Shadow">Null where there is no line: the account is of a directory, or can use no password.</param>
/// <param name="Keys">The keys in all files that sshd looks into for it.</param>
/// <param name="Obstacles">Why there may be more keys.</param>
/// <param name="ByCertificate">Certificates of trusted authorities open it.</param>
/// <param name="Refusal">The setting by which every sshd turns it away, keys and all; null: none does, or one may have loaded another.</param>
sealed record HostAccount(Account Account, ShadowEntry? Shadow, IReadOnlyList<FoundKey> Keys, IReadOnlyList<string> Obstacles, bool ByCertificate, string? Refusal = null)
{
    public string Name => Account.Name;

    /// <summary>pam_unix and sshd turn away from this day on (UTC).</summary>
    public bool IsClosed(DateOnly today) => Shadow?.Expires <= today;

    public IEnumerable<FoundKey> LiveKeys(DateTimeOffset now) => Keys.Where(key => key.Expires is null || key.Expires > now);

    /// <summary>How it can be entered, shortest first; empty where it cannot. A shell that refuses stops no key: forwarding and SFTP go on.</summary>
    public IReadOnlyList<string> WaysIn(DateTimeOffset now)
    {
        if (IsClosed(DateOnly.FromDateTime(now.UtcDateTime))) return [];
        var ways = new List<string>();
        if (Account.CanLogIn && Shadow?.Password == PasswordState.Usable) ways.Add("password");
        if (Account.CanLogIn && Shadow?.Password == PasswordState.Empty) ways.Add("no password at all");
        var keys = LiveKeys(now).Count();
        if (keys > 0) ways.Add(keys == 1 ? "1 key" : $"{keys} keys");
        if (Account.CanLogIn && ByCertificate && Refusal is null) ways.Add("certificates");
        return ways;
    }

    /// <summary>The ways in as the beginning of a sentence. A key is one that somebody left there, whether sshd takes it today or not.</summary>
    public string Entered(IReadOnlyList<string> ways) =>
        Refusal is not null && !ways.Any(way => way.Contains("password", StringComparison.Ordinal)) ? $"{Name} has {string.Join(", ", ways)}, though sshd turns it away ({Refusal})" : $"{Name} can be entered by {string.Join(", ", ways)}";
}
