namespace Ratchet.Agent.Checks.Jvm;

/// <summary>
/// Whether the debugger is loaded. The command line alone would not tell: the options may stand in the environment or a file. What
/// is mapped into the process is certain, and so are the debugger's threads; that there is none only the map can say.
/// </summary>
static class DebuggerVerdict
{
    public static Finding Judge(JavaProcess process, JavaMaps? maps, string? hidden, string subject)
    {
        var rule = JvmRules.DebuggerOff;
        var source = process.Options.FirstOrDefault(options => options.Debugs)?.Source;
        var seen = maps is { HasDebugger: true } ? "libjdwp is mapped" : process.HasThread("JDWP ") ? "it has the debugger's threads" : source is not null ? "it was told to load it" : null;
        if (seen is not null)
        {
            var where = source ?? (process.Environment is null ? "options that may not be read" : process.ShowsAllOptions ? "no option that is known" : "an options file");
            return Finding.Fail(rule, subject, $"the debugger (JDWP) is loaded: {seen}; asked for in: {where}", new Evidence { { "seen", seen }, { "source", where }, { "user", process.User } });
        }
        return maps is null
            ? Finding.Unknown(rule, subject, $"whether the debugger is loaded cannot be seen: {hidden ?? "the process has ended"}")
            : Finding.Pass(rule, subject, "the debugger is not loaded");
    }
}
