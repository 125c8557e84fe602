using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>A file of authorized keys, or of trusted authorities. Users write it: it is hostile.</summary>
/// <param name="Lines">The keys, each with its line number from 1.</param>
/// <param name="Ignored">Lines that sshd would skip.</param>
sealed record KeyFile(string Path, IReadOnlyList<(int Number, KeyLine Key)> Lines, int Ignored)
{
    const int FileLimit = 256 << 10;
    const int LineLimit = 10_000;

    /// <summary>The paths that AuthorizedKeysFile names for an account, its tokens filled in.</summary>
    public static IEnumerable<string> Paths(EffectiveConfig settings, Account account) => settings.All("authorizedkeysfile")
        .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(pattern => pattern != "none")
        .Select(pattern => Expand(pattern, account)).Select(path => System.IO.Path.GetFullPath(System.IO.Path.Combine(account.Home.Length == 0 ? "/" : account.Home, path), "/"))
        .Where(path => path.Length > 1);

    /// <summary>Nothing below a home is reached through a link, and nothing but a regular file is read. Null where there is none.</summary>
    /// <exception cref="IOException">It is no such file, unreadable or too long.</exception>
    public static KeyFile? OfAccount(Machine machine, Account account, string file)
    {
        var home = account.Home.TrimEnd('/') + "/";
        var content = home.Length > 1 && file.StartsWith(home, StringComparison.Ordinal)
            ? machine.ReadUntrusted(home, file[home.Length..], FileLimit)
            : machine.ReadUntrusted(System.IO.Path.GetDirectoryName(file)!, System.IO.Path.GetFileName(file), FileLimit);
        return content is null ? null : Parse(file, content);
    }

    /// <summary>The authorities of TrustedUserCAKeys.</summary>
    /// <inheritdoc cref="OfAccount"/>
    public static KeyFile? OfAuthorities(Machine machine, string file) => machine.ReadBytes(file, FileLimit) is { } content ? Parse(file, content) : null;

    static KeyFile Parse(string file, byte[] content)
    {
        if (content.AsSpan().Contains((byte)0)) throw new IOException($"{file}: is binary");
        var (number, ignored, lines) = (0, 0, new List<(int, KeyLine)>());
        foreach (var line in Encoding.UTF8.GetString(content).Split('\n'))
        {
            if (++number > LineLimit) throw new IOException($"{file}: has more than the {LineLimit} lines that are read");
            if (KeyLine.IsBlank(line)) continue;
            if (KeyLine.Parse(line) is { } key) lines.Add((number, key));
            else ignored++;
        }
        return new KeyFile(file, lines, ignored);
    }

    static string Expand(string pattern, Account account)
    {
        var path = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '%' || i + 1 == pattern.Length)
            {
                path.Append(pattern[i]);
                continue;
            }
            path.Append(pattern[++i] switch { 'h' => account.Home, 'u' => account.Name, 'U' => $"{account.Uid}", var other => $"{other}" });
        }
        return path.ToString();
    }
}
