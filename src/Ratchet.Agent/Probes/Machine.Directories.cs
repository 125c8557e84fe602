// Directories as the host has them: a missing one is null, one that cannot be listed throws.
using System.Globalization;
using System.IO.Enumeration;
using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

sealed partial class Machine
{
    static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    /// <summary>The names in a directory, sorted, without <c>.</c> and <c>..</c>; null where there is no such directory.</summary>
    public IReadOnlyList<string>? List(string path)
    {
        var names = new List<string>();
        if (!ListTo(path, names.Add)) return null;
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>The names in a directory that are numbers, ascending: processes, their threads and descriptors. Null where there is no such directory.</summary>
    public IReadOnlyList<int>? ListNumbers(string path)
    {
        var numbers = new List<int>();
        // A process may have a million descriptors: their names are not kept.
        if (!ListTo(path, name => { if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) numbers.Add(number); })) return null;
        numbers.Sort();
        return numbers;
    }

    /// <summary>The names in a directory that are symbolic links, sorted; null where there is no such directory.</summary>
    /// <exception cref="IOException">It may not be listed.</exception>
    public IReadOnlyList<string>? ListLinks(string path)
    {
        var names = new List<string>();
        if (!ListTo(path, names.Add, linksOnly: true)) return null;
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    bool ListTo(string path, Action<string> take, bool linksOnly = false)
    {
        using var handle = Open(path, Libc.ReadOnly | Libc.DirectoryOnly);
        if (handle is null) return false;
        try
        {
            var entries = new FileSystemEnumerable<string>($"/proc/self/fd/{handle.DangerousGetHandle()}", (ref entry) => entry.FileName.ToString(), Everything)
            {
                ShouldIncludePredicate = linksOnly ? (ref entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint) : null,
            };
            foreach (var name in entries) take(name);
            return true;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path}: permission denied{MissingCapability.Of(path)}", e);
        }
    }

    /// <summary>The paths that a pattern with <c>*</c>, <c>?</c> and <c>[…]</c> in any component names, in glob(3)'s order (C locale).</summary>
    /// <exception cref="IOException">A directory may not be listed, or the pattern is longer than any path.</exception>
    public IReadOnlyList<string> Glob(string pattern)
    {
        if (pattern.Length > PathLimit) throw new IOException($"{pattern[..64]}…: a pattern of {pattern.Length} characters is longer than any path");
        IEnumerable<string> found = [""];
        foreach (var part in pattern.Split('/', StringSplitOptions.RemoveEmptyEntries))
            found = part.AsSpan().IndexOfAny("*?[") < 0
                ? found.Select(directory => $"{directory}/{part}")
                : found.SelectMany(directory => (List(directory.Length == 0 ? "/" : directory) ?? []).Where(name => Libc.NameMatches(part, name)).Select(name => $"{directory}/{name}"));
        return [.. found.Where(path => Status(path) is not null)];
    }

    /// <summary>A directory for system calls relative to it, or null where there is none; the caller closes it.</summary>
    /// <exception cref="IOException">It is there and may not be listed.</exception>
    public SafeFileHandle? OpenDirectory(string path) => Open(path, Libc.ReadOnly | Libc.DirectoryOnly);
}
