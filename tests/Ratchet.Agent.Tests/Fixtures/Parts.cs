using System.Diagnostics;
using Ratchet.Agent.Tests.Hosts;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>
/// Daemons that are not installed for a test, because their service would take the place of the machine's own (its clock, its logs,
/// its mail): tests/run unpacks their packages, and the test starts them from there.
/// </summary>
static class Parts
{
    static readonly string Root = Path.Combine(Repository.Root, "artifacts/parts");

    /// <summary>Where the libraries of unpacked packages are.</summary>
    public static string Libraries => $"{Root}/usr/lib/x86_64-linux-gnu:{Root}/usr/lib/postfix:{Root}/lib/x86_64-linux-gnu";

    /// <summary>Of an unpacked package, or of an installed one; null where there is neither.</summary>
    public static string? Find(string path) => new[] { Root + path, path }.FirstOrDefault(place => File.Exists(place) || Directory.Exists(place));

    public static ProcessStartInfo NewStart(string program, params string[] arguments) => new(Find(program)!, arguments)
    {
        UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        Environment = { ["LD_LIBRARY_PATH"] = Libraries },
    };
}

/// <summary>A test that starts daemons of <see cref="Parts"/> as root.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NeedsPartFactAttribute : FactAttribute
{
    public NeedsPartFactAttribute(params string[] programs) => Skip = Reason(programs);

    public static string? Reason(string[] programs) => !Environment.IsPrivilegedProcess ? "needs root"
        : programs.FirstOrDefault(program => Parts.Find(program) is null) is { } missing ? $"needs {missing}, installed or unpacked by tests/run"
        : programs.FirstOrDefault(program => program.Contains("bin/", StringComparison.Ordinal) && !Loads(program)) is { } broken ? $"{broken} does not start: a library is missing"
        : null;

    /// <summary>All its libraries are there.</summary>
    static bool Loads(string program)
    {
        var start = Parts.NewStart(program);
        start.Environment["LD_TRACE_LOADED_OBJECTS"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 && !output.Contains("not found", StringComparison.Ordinal);
    }
}

/// <inheritdoc cref="NeedsPartFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
sealed class NeedsPartTheoryAttribute : TheoryAttribute
{
    public NeedsPartTheoryAttribute(params string[] programs) => Skip = NeedsPartFactAttribute.Reason(programs);
}
