using System.Text;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>One line of mountinfo, proc_pid_mountinfo(5), unescaped.</summary>
/// <param name="Device">MAJOR:MINOR; major 0 where no block device stands behind it.</param>
/// <param name="Root">The directory of the file system that is mounted here, other than <c>/</c> for bind mounts and subvolumes.</param>
/// <param name="Point">Where it is mounted.</param>
/// <param name="Type">For instance <c>ext4</c>, <c>fuse.sshfs</c>.</param>
/// <param name="Source">What was given to mount: a device, a dataset, <c>server:/export</c>. Anything, where no device is.</param>
/// <param name="Options">The file system's own options, still escaped, because a value may hold an escaped comma.</param>
sealed record Mount(int Id, int Parent, string Device, string Root, string Point, string Type, string Source, string Options)
{
    /// <summary>The value of an option of the file system, empty for a flag, or null where it is not set.</summary>
    public string? Option(string name)
    {
        foreach (var range in Options.AsSpan().Split(','))
        {
            var option = Options.AsSpan(range);
            if (!option.StartsWith(name, StringComparison.Ordinal)) continue;
            if (option.Length == name.Length) return "";
            if (option[name.Length] == '=') return Unescape(option[(name.Length + 1)..].ToString());
        }
        return null;
    }

    /// <summary>Space, tab, line feed, backslash and the like come as three octal digits: <c>\040</c>.</summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal)) return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && IsOctal(text[i + 1]) && IsOctal(text[i + 2]) && IsOctal(text[i + 3]))
            {
                plain.Append((char)(((text[i + 1] - '0') * 64) + ((text[i + 2] - '0') * 8) + (text[i + 3] - '0')));
                i += 3;
            }
            else plain.Append(text[i]);
        }
        return plain.ToString();
    }

    static bool IsOctal(char letter) => letter is >= '0' and <= '7';
}
