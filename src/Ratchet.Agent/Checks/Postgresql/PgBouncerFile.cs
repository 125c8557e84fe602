using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// What pgbouncer.ini says of TLS with clients. Of its lines only that one is kept: others hold passwords. What the file says counts where it
/// and all that it includes are older than the process: whether a reload took a later change, only PgBouncer knows.
/// </summary>
/// <param name="Mode">client_tls_sslmode; <c>disable</c> where nothing is said (pgbouncer(5)).</param>
/// <param name="Doubt">Why that may not be what PgBouncer does, or null.</param>
sealed record PgBouncerFile(string? Mode, string? Doubt)
{
    const int DepthLimit = 10, FileLimit = 100;

    // Start times are known to a second or two.
    static readonly TimeSpan StartError = TimeSpan.FromSeconds(2);

    static readonly string[] OptionsWithValue = ["-u"];

    /// <summary>Nobody without TLS is let in.</summary>
    public bool Demands => Doubt is null && Mode is "require" or "verify-ca" or "verify-full";

    /// <summary>Nobody speaks TLS.</summary>
    public bool Refuses => Doubt is null && Mode is "disable";

    public static PgBouncerFile Of(Machine machine, int pid)
    {
        try
        {
            // In a container its file is not one of this host. A recorded host has no link to follow.
            if (machine.IsLive && machine.Stamp($"/proc/{pid}/root") != machine.Stamp("/")) return Unknown("its configuration lies in a container, or cannot be seen");
            var words = (machine.ReadText($"/proc/{pid}/cmdline") ?? "").TrimEnd('\0').Split('\0');
            var path = words.Skip(1).Where((word, index) => word is not ['-', ..] && !OptionsWithValue.Contains(words[index])).LastOrDefault();
            if (path is not ['/', ..]) return Unknown("its arguments name no configuration by a whole path");
            var (mode, files) = ("disable", new List<string>());
            Read(machine, path, files, "", 0, ref mode);
            var started = new ProcessTable(machine).Started(pid);
            var newer = started is null ? path : files.Find(file => machine.Status(file) is not { } status || status.Touched >= started - StartError);
            return new PgBouncerFile(mode, newer is null ? null : $"{newer} was changed after it was started (it says client_tls_sslmode = {Printable.Clean(mode, 40)}): restart it to be certain");
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return Unknown(e.Message);
        }
    }

    static PgBouncerFile Unknown(string doubt) => new(null, doubt);

    /// <returns>The section that the file ends in: one that it is included in goes on in it.</returns>
    static string Read(Machine machine, string path, List<string> files, string section, int depth, ref string mode)
    {
        if (depth > DepthLimit || files.Count >= FileLimit) throw new FormatException($"{path}: too many files include one another");
        files.Add(path);
        foreach (var raw in (machine.ReadText(path) ?? throw new IOException($"{path} is missing")).Split('\n'))
        {
            var line = raw.Trim();
            if (line is ['[', .. var name, ']']) section = name.Trim();
            else if (line.StartsWith("%include", StringComparison.Ordinal))
            {
                var target = line["%include".Length..].Trim();
                // Relative ones count from where it was started.
                section = target is ['/', ..] ? Read(machine, target, files, section, depth + 1, ref mode) : throw new FormatException($"{path}: includes a file by a part of its path");
            }
            else if (section == "pgbouncer" && line.Split('=', 2) is [var key, var value] && key.Trim() == "client_tls_sslmode") mode = value.Trim().ToLowerInvariant();
        }
        return section;
    }
}
