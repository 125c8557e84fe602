using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access.Sudo;

/// <summary>
/// The rules of sudo as its files say them (sudoers(5)), with all that they include. sudo's own answer would need sudo, and its
/// text changes with version and program (sudo, sudo-rs). What is not understood is a problem: then nothing is certain.
/// </summary>
sealed class Sudoers
{
    // sudo-rs takes this where it is there.
    const string RustRoot = "/etc/sudoers-rs";

    const int DepthLimit = 128, FileLimit = 1000, PrivilegeLimit = 20_000, DefaultsLimit = 256;

    /// <summary>Characters of all files together.</summary>
    const int TextLimit = 4 << 20;

    readonly Dictionary<(string Kind, string Name), IReadOnlyList<SudoMember>> aliases = [];
    readonly List<SudoPrivilege> privileges = [];
    readonly string host;
    int files, length;
    bool isOverLimit;

    Sudoers(string host) => (this.host, Host) = (host, new SudoHost(host, null, null));

    public IReadOnlyList<SudoPrivilege> Privileges => privileges;

    /// <summary>What is set for accounts, hosts and commands.</summary>
    public SudoDefaults Defaults { get; } = new();

    /// <summary>What sudo takes for the names of the host.</summary>
    public SudoHost Host { get; private set; }

    /// <summary>Why there may be more rules, or others.</summary>
    public List<string> Problems { get; } = [];

    /// <param name="kind">User, Runas, Host or Cmnd.</param>
    public IReadOnlyList<SudoMember>? Alias(string kind, string name) => aliases.GetValueOrDefault((kind, name));

    /// <param name="host">The name of the host, whose first part <c>%h</c> stands for.</param>
    /// <returns>Null where there is no sudo.</returns>
    public static Sudoers? Read(Machine machine, string host)
    {
        if (machine.Status("/usr/bin/sudo") is null && machine.Status("/usr/local/bin/sudo") is null) return null;
        var sudoers = new Sudoers(host);
        var file = SudoConf.PolicyFile(machine, sudoers.Problems);
        string[] roots = [.. new[] { file, RustRoot }.Where(path => machine.Status(path) is not null)];
        if (roots.Length == 0) sudoers.Problems.Add($"sudo is installed, and {file} is missing");
        foreach (var root in roots) sudoers.ReadFile(machine, root, 0);
        sudoers.Host = SudoHost.Of(machine, host, sudoers.Defaults);
        var sources = (machine.ReadText("/etc/nsswitch.conf") ?? "").Split('\n').Where(line => line.StartsWith("sudoers:", StringComparison.Ordinal)).SelectMany(line => line[8..].Split('#')[0].Split(' ', '\t').Where(word => word.Length > 0 && word[0] != '['));
        if (sources.FirstOrDefault(source => source.Trim() is not ("files" or "")) is { } source) sudoers.Problems.Add($"rules also come from {source.Trim()} (nsswitch.conf), which does not show them");
        return sudoers;
    }

    void ReadFile(Machine machine, string path, int depth)
    {
        if (depth > DepthLimit || ++files > FileLimit) throw OverLimit($"{path}: too many files include each other");
        string? text;
        try
        {
            text = machine.ReadText(path);
            // sudo takes no rule from a file that others than root could have written.
            if (machine.Status(path) is { } status && (status.Uid != 0 || (status.Mode & 0b010) != 0 || ((status.Mode & 0b010_000) != 0 && status.Gid != 0))) Problems.Add($"{path}: can be written by others than root, so sudo ignores or refuses it");
        }
        catch (IOException e)
        {
            Problems.Add(e.Message);
            return;
        }
        if (text is null) Problems.Add($"{path}: is included, and missing");
        else if ((length += text.Length) > TextLimit) throw OverLimit($"{path}: the files of sudo have more than the {TextLimit} characters that are read");
        else if (text.Contains('\0', StringComparison.Ordinal)) Problems.Add($"{path}: is binary");
        else
            foreach (var (number, line) in SudoLine.Join(text)) ReadLine(machine, path, number, line, depth);
    }

    void ReadLine(Machine machine, string path, int number, string line, int depth)
    {
        try
        {
            if (Included(line) is { } include) Include(machine, path, include.IsDirectory, include.Path, depth);
            else Take(new SudoLine(line), line.TrimStart(), path, number);
        }
        catch (FormatException e) when (!isOverLimit)
        {
            Problems.Add($"{path}:{number}: {e.Message}");
        }
        if (privileges.Count + aliases.Count > PrivilegeLimit || Defaults.Count > DefaultsLimit) throw OverLimit($"{path}: has more than {PrivilegeLimit} rules, or {DefaultsLimit} lines of Defaults");
    }

    /// <summary>No line may take this for a fault of its own and go on.</summary>
    FormatException OverLimit(string reason)
    {
        isOverLimit = true;
        return new FormatException(reason);
    }

    void Take(SudoLine line, string text, string path, int number)
    {
        if (line.IsAtEnd) return;
        if (text.StartsWith("Defaults", StringComparison.Ordinal))
        {
            Defaults.Add(text, $"{path}:{number}");
            return;
        }
        foreach (var (keyword, kind) in new[] { ("User_Alias", "User"), ("Runas_Alias", "Runas"), ("Host_Alias", "Host"), ("Cmnd_Alias", "Cmnd"), ("Cmd_Alias", "Cmnd") })
            if (text.StartsWith(keyword, StringComparison.Ordinal) && text.Length > keyword.Length && char.IsWhiteSpace(text[keyword.Length]))
            {
                line.Word();
                foreach (var (name, members) in SudoSpec.Aliases(line, kind == "Cmnd"))
                    if (!aliases.TryAdd((kind, name), members)) Problems.Add($"{path}:{number}: the alias {name} is defined twice");
                return;
            }
        privileges.AddRange(SudoSpec.Privileges(line, path, number));
    }

    /// <summary><c>@include</c>, <c>@includedir</c> and their old forms with <c>#</c>.</summary>
    static (bool IsDirectory, string Path)? Included(string line)
    {
        var text = line.TrimStart();
        if (text is not ['@' or '#', .. var word] || !word.StartsWith("include", StringComparison.Ordinal)) return null;
        var isDirectory = word.StartsWith("includedir", StringComparison.Ordinal);
        var rest = word[(isDirectory ? 10 : 7)..];
        return rest.Length > 0 && char.IsWhiteSpace(rest[0]) ? (isDirectory, rest) : null;
    }

    void Include(Machine machine, string includer, bool isDirectory, string rest, int depth)
    {
        var scanner = new SudoLine(rest);
        var path = scanner.Word().Replace("%h", host.Split('.')[0], StringComparison.Ordinal);
        while (!scanner.IsAtEnd) path += " " + scanner.Word();
        path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(includer)!, path), "/");
        if (!isDirectory)
        {
            ReadFile(machine, path, depth + 1);
            return;
        }
        // Names with a dot and what an editor leaves behind are skipped.
        foreach (var name in machine.List(path) ?? [])
            if (!name.Contains('.', StringComparison.Ordinal) && !name.EndsWith('~') && machine.Status($"{path}/{name}") is { Kind: FileKind.Regular }) ReadFile(machine, $"{path}/{name}", depth + 1);
    }
}
