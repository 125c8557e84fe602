using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>One line of /etc/crypttab, crypttab(5): mapping, device, key, options.</summary>
/// <param name="Key">As written; null for none and <c>-</c>.</param>
sealed record CrypttabEntry(string Name, string Source, string? Key, IReadOnlyList<string> Options)
{
    public bool HasRandomKey => Key is "/dev/urandom" or "/dev/random" or "/dev/hw_random" or "/dev/hwrng";

    /// <summary>The value of an option, empty for a flag, or null where it is not set. The last one counts.</summary>
    public string? Option(string name)
    {
        var option = Options.LastOrDefault(option => option == name || option.StartsWith(name + "=", StringComparison.Ordinal));
        return option is null ? null : option.Length == name.Length ? "" : option[(name.Length + 1)..];
    }

    /// <summary>What a plain mapping is made with; without <c>cipher=</c> both of cryptsetup's defaults, old and new, are strong.</summary>
    public Cipher Cipher => new(Option("cipher") ?? "aes-xts-plain64", int.TryParse(Option("size") ?? "256", out var bits) ? bits : null);
}

/// <summary>The encrypted devices that are set up at boot.</summary>
static class Crypttab
{
    public const string Path = "/etc/crypttab";

    public static IReadOnlyList<CrypttabEntry> Read(Machine machine) => Parse(machine.ReadText(Path) ?? "");

    public static IReadOnlyList<CrypttabEntry> Parse(string text)
    {
        var entries = new List<CrypttabEntry>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var fields = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0 || fields[0].StartsWith('#')) continue;
            if (fields.Length < 2) throw new FormatException($"{Path}:{number}: names no device");
            var key = fields.Length > 2 && fields[2] is not ("none" or "-") ? Mount.Unescape(fields[2]) : null;
            // After a fifth field or a comment nothing belongs to the entry.
            var options = fields.Length > 3 && !fields[3].StartsWith('#') ? fields[3].Split(',', StringSplitOptions.RemoveEmptyEntries) : [];
            entries.Add(new CrypttabEntry(Mount.Unescape(fields[0]), fields[1], key is ['#', ..] ? null : key, options));
        }
        return entries;
    }
}
