using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>What the password field allows. The hash itself is never kept.</summary>
enum PasswordState
{
    /// <summary>No password fits: <c>!…</c>, <c>*</c>. That stops neither keys nor cron, nor su by root.</summary>
    Locked,
    Usable,

    /// <summary>No password is asked for.</summary>
    Empty,
}

/// <summary>A line of shadow(5), or of passwd(5) where that holds the password itself.</summary>
/// <param name="Changed">The day of the last change; null where it is not told.</param>
/// <param name="Expires">The first day on which the account is closed (UTC); null: never.</param>
/// <param name="IsBarred">The field begins with <c>!</c>: an sshd without PAM turns the account away, keys and all.</param>
sealed record ShadowEntry(PasswordState Password, DateOnly? Changed, DateOnly? Expires, bool IsBarred = false);

static class ShadowFile
{
    // Beyond the year 9999.
    const int DayLimit = 2_932_896;

    /// <summary>The entries by account. An account without one is of a directory, or cannot use a password.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="FormatException">A line is none.</exception>
    public static Dictionary<string, ShadowEntry> Read(Machine machine)
    {
        var entries = new Dictionary<string, ShadowEntry>();
        var shadow = machine.ReadBytes("/etc/shadow") ?? [];
        var passwd = machine.ReadBytes("/etc/passwd") ?? [];
        try
        {
            Parse(shadow, entries);
            ParsePasswd(passwd, entries);
            return entries;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shadow);
            CryptographicOperations.ZeroMemory(passwd);
        }
    }

    public static void Parse(ReadOnlySpan<byte> text, Dictionary<string, ShadowEntry> entries)
    {
        var number = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            number++;
            var line = text[range];
            if (line.IsEmpty) continue;
            var rest = line;
            var name = Take(ref rest);
            var password = Take(ref rest);
            var changed = Take(ref rest);
            // Minimum, maximum, warning, inactivity.
            for (var skipped = 0; skipped < 4; skipped++) Take(ref rest);
            var expires = Take(ref rest);
            if (name.IsEmpty || line.Count((byte)':') < 7) throw new FormatException($"/etc/shadow:{number}: is not a line of nine fields");
            entries.TryAdd(Encoding.UTF8.GetString(name), new ShadowEntry(StateOf(password), Day(changed, number), Day(expires, number), password.StartsWith("!"u8)));
        }
    }

    /// <summary>A password that stands in passwd(5) counts, whatever shadow says.</summary>
    static void ParsePasswd(ReadOnlySpan<byte> text, Dictionary<string, ShadowEntry> entries)
    {
        foreach (var range in text.Split((byte)'\n'))
        {
            var rest = text[range].TrimStart(" \t\r\v\f"u8);
            var name = Take(ref rest);
            if (name.IsEmpty || rest.IsEmpty || name[0] is (byte)'#' or (byte)'+' or (byte)'-') continue;
            var password = Take(ref rest);
            if (password.SequenceEqual("x"u8)) continue;
            var account = Encoding.UTF8.GetString(name);
            entries[account] = entries.TryGetValue(account, out var shadow) ? shadow with { Password = StateOf(password) } : new ShadowEntry(StateOf(password), null, null);
        }
    }

    static PasswordState StateOf(ReadOnlySpan<byte> field) =>
        field.IsEmpty ? PasswordState.Empty : field[0] is (byte)'!' or (byte)'*' ? PasswordState.Locked : PasswordState.Usable;

    /// <summary>Days since 1970; empty and negative: none.</summary>
    static DateOnly? Day(ReadOnlySpan<byte> field, int line)
    {
        if (field.IsEmpty) return null;
        if (!Utf8Parser.TryParse(field, out int days, out var used) || used != field.Length || days > DayLimit) throw new FormatException($"/etc/shadow:{line}: a date is no number of days");
        return days < 0 ? null : DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(days);
    }

    /// <summary>The text before the next colon.</summary>
    static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)':');
        var field = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return field;
    }
}
