using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>One setting where it is written.</summary>
/// <param name="Keyword">In lower case.</param>
/// <param name="Block">The Match block that it stands in, or null.</param>
sealed record ConfigLine(string Keyword, string Value, string File, int Line, MatchBlock? Block)
{
    public string Place => $"{File}:{Line}";
}

/// <summary>An Include that names nothing.</summary>
/// <param name="Directory">The deepest directory on the way that is there: what was removed shows in its times.</param>
sealed record MissingInclude(string Pattern, string Directory);

/// <summary>
/// The configuration files in the order in which sshd reads them. It tells which Match blocks there are and where a value was
/// written; what the value is, only sshd itself says (<see cref="EffectiveConfig"/>).
/// </summary>
sealed class SshdConfig
{
    const string Wildcards = "*?[";
    const int IncludeDepth = 16;
    const int LineLimit = 100_000;
    const int ReadLimit = 2_000;

    /// <summary>Of all files together, each as often as it is included.</summary>
    const int LengthLimit = 4 * Machine.FileLimit;

    // Names that sshd still takes for the ones that it prints.
    static readonly Dictionary<string, string> Renamed = new()
    {
        ["challengeresponseauthentication"] = "kbdinteractiveauthentication", ["skeyauthentication"] = "kbdinteractiveauthentication", ["dsaauthentication"] = "pubkeyauthentication",
        ["hostdsakey"] = "hostkey", ["keepalive"] = "tcpkeepalive", ["pubkeyacceptedkeytypes"] = "pubkeyacceptedalgorithms", ["hostbasedacceptedkeytypes"] = "hostbasedacceptedalgorithms",
    };

    readonly List<ConfigLine> lines = [];
    readonly HashSet<string> files = [];
    int reads, length;
    readonly HashSet<string> directories = [];
    readonly List<MissingInclude> missing = [];

    /// <summary>All settings, Match and Include lines left out.</summary>
    public IReadOnlyList<ConfigLine> Lines => lines;

    /// <summary>The file and all that it includes.</summary>
    public IReadOnlyCollection<string> Files => files;

    /// <summary>The directories that Include patterns look into.</summary>
    public IReadOnlyCollection<string> Directories => directories;

    /// <summary>The Include patterns that name nothing.</summary>
    public IReadOnlyList<MissingInclude> Missing => missing;

    public IReadOnlyList<MatchBlock> Blocks { get; private set; } = [];

    /// <summary>What could not be followed, or null: then contexts may be missing.</summary>
    public string? Problem { get; private set; }

    public static SshdConfig Read(Machine machine, string path)
    {
        var config = new SshdConfig();
        var blocks = new List<MatchBlock>();
        config.ReadFile(machine, path, null, 0, blocks);
        config.Blocks = blocks;
        return config;
    }

    /// <summary>The first line outside of Match blocks that sets a keyword.</summary>
    public ConfigLine? Global(string keyword) => lines.FirstOrDefault(line => line.Block is null && line.Keyword == keyword);

    /// <summary>
    /// The line that decides a keyword for a connection: the first in a Match block that matches, else the first outside.
    /// </summary>
    public ConfigLine? Deciding(string keyword, IReadOnlyCollection<MatchBlock> matching) =>
        lines.FirstOrDefault(line => line.Keyword == keyword && line.Block is not null && matching.Contains(line.Block)) ?? Global(keyword);

    void ReadFile(Machine machine, string path, MatchBlock? outer, int depth, List<MatchBlock> blocks)
    {
        if (depth > IncludeDepth)
        {
            Problem ??= $"{path}: Include nested deeper than {IncludeDepth}";
            return;
        }
        // Files that include each other grow by powers, not by the depth alone.
        if (++reads > ReadLimit) throw new IOException($"{path}: more than {ReadLimit} files are included");
        files.Add(path);
        if (Text(machine, path) is not { } text) return;
        if ((length += text.Length) > LengthLimit) throw new IOException($"{path}: the files that are included up to here have more than {LengthLimit} characters");
        var (block, number) = (outer, 0);
        foreach (var raw in text.Split('\n'))
        {
            number++;
            try
            {
                if (ArgumentLine.Split(raw) is not var (keyword, rest)) continue;
                if (keyword == "match") blocks.Add(block = MatchBlock.Parse(rest, path, number, outer));
                else if (keyword == "include") Include(machine, rest, block, depth, blocks);
                else lines.Add(new ConfigLine(Renamed.GetValueOrDefault(keyword, keyword), string.Join(' ', ArgumentLine.Words(rest)), path, number, block));
            }
            catch (FormatException e)
            {
                Problem ??= $"{path}:{number}: {e.Message}";
            }
            if (lines.Count + blocks.Count > LineLimit) throw new IOException($"{path}: more than {LineLimit} settings");
        }
    }

    /// <summary>What cannot be read may hide a Match block; sshd itself still says what it makes of it.</summary>
    string? Text(Machine machine, string path)
    {
        try
        {
            return machine.ReadText(path);
        }
        catch (IOException e)
        {
            Problem ??= e.Message;
            return null;
        }
    }

    void Include(Machine machine, string value, MatchBlock? block, int depth, List<MatchBlock> blocks)
    {
        foreach (var pattern in ArgumentLine.Words(value))
        {
            // Relative means /etc/ssh, wherever the including file lies.
            var path = pattern.StartsWith('/') ? pattern : "/etc/ssh/" + pattern;
            var found = machine.Glob(path);
            if (found.Count == 0) missing.Add(new MissingInclude(path, NearestDirectory(machine, path)));
            directories.UnionWith(DirectoriesOf(machine, path));
            foreach (var file in found) ReadFile(machine, file, block, depth + 1, blocks);
        }
    }

    /// <summary>The directories in which another name could fit a pattern: none where it has no wildcard.</summary>
    static IEnumerable<string> DirectoriesOf(Machine machine, string pattern)
    {
        var wildcard = pattern.AsSpan().IndexOfAny(Wildcards);
        if (wildcard < 0) yield break;
        for (var slash = pattern.LastIndexOf('/', wildcard); slash >= 0; slash = pattern.IndexOf('/', slash + 1))
        {
            var found = slash == 0 ? ["/"] : machine.Glob(pattern[..slash]);
            if (found.Count == 0) yield break;
            foreach (var path in found)
                if (machine.Status(path) is { Kind: FileKind.Directory }) yield return path;
        }
    }

    /// <summary>The deepest directory on the way to what a pattern names, as far as no wildcard leads.</summary>
    static string NearestDirectory(Machine machine, string pattern)
    {
        var wildcard = pattern.AsSpan().IndexOfAny(Wildcards);
        var path = Path.GetDirectoryName(wildcard < 0 ? pattern : pattern[..wildcard]) ?? "/";
        while (path.Length > 1 && machine.Status(path) is not { Kind: FileKind.Directory }) path = Path.GetDirectoryName(path) ?? "/";
        return path;
    }
}
