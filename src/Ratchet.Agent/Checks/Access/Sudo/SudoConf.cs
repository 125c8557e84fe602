using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access.Sudo;

/// <summary>Which program and which file decide for sudo (sudo.conf(5)).</summary>
static class SudoConf
{
    const string Path = "/etc/sudo.conf", Default = "/etc/sudoers", Argument = "sudoers_file=";

    // These write down or forbid, and allow nothing.
    static readonly string[] NoPolicies = ["sudoers_io", "audit_json", "python_io", "python_audit", "python_approval"];

    /// <summary>The file that sudo reads: /etc/sudoers where sudo.conf names no other.</summary>
    /// <param name="problems">Takes why other rules may be in force.</param>
    public static string PolicyFile(Machine machine, List<string> problems)
    {
        var files = new HashSet<string>();
        foreach (var (number, line) in SudoLine.Join(machine.ReadText(Path) ?? ""))
        {
            var words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words is [var path, "plugin_dir", var directory, ..] && Is(path, "Path") && !directory.StartsWith("/usr/lib", StringComparison.Ordinal)) problems.Add($"{Path}:{number}: plugins come from {directory}");
            if (words is not [var keyword, var symbol, var program, .. var arguments] || !Is(keyword, "Plugin") || NoPolicies.Contains(symbol)) continue;
            // The audit plugin reads the rules for the policy.
            if (symbol is "sudoers_policy" or "sudoers_audit" && IsSudoers(program)) files.Add(Array.FindLast(arguments, word => word.StartsWith(Argument, StringComparison.Ordinal))?[Argument.Length..] ?? Default);
            else problems.Add($"{Path}:{number}: the plugin {symbol} of {program} may decide, and what it allows is not read");
        }
        if (files.Count > 1) problems.Add($"{Path}: names {string.Join(" and ", files.Order(StringComparer.Ordinal))} for the rules, and which is read is not certain");
        return files.Count == 1 && files.First() is var file && IsOne(file, problems) ? file : Default;
    }

    static bool IsOne(string file, List<string> problems)
    {
        if (file.StartsWith('/') && !file.Contains(':', StringComparison.Ordinal)) return true;
        problems.Add($"{Path}: the rules are in {file}, which is not one absolute path");
        return false;
    }

    static bool IsSudoers(string program) =>
        program == "sudoers.so" || (program.StartsWith("/usr/lib", StringComparison.Ordinal) && System.IO.Path.GetFileName(program) == "sudoers.so");

    static bool Is(string word, string keyword) => word.Equals(keyword, StringComparison.OrdinalIgnoreCase);
}
