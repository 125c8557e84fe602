using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Jvm;

/// <summary>
/// Finds the JVMs of a host: a program called java, or any program that has libjvm.so mapped (jsvc, launchers of their own).
/// What is no JVM is remembered by process and program, so that a sweep costs two system calls for it.
/// </summary>
/// <remarks>
/// A program that may not be looked at (no CAP_SYS_PTRACE) is a JVM when it has the thread that every HotSpot has. jps and jcmd are
/// not used: they attach, which starts a thread in the target and leaves a socket in /tmp.
/// </remarks>
sealed class JavaProcesses
{
    // Tools of the JDK, which are JVMs for a second.
    static readonly string[] Tools = ["javac", "jar", "javap", "jcmd", "jps", "jinfo", "jstack", "jmap", "jstat", "jhsdb", "keytool", "jarsigner", "jshell", "jlink", "jdeps", "jfr", "javadoc", "jrunscript", "rmiregistry"];

    const string Sign = "VM Thread";
    static readonly TimeSpan Settled = TimeSpan.FromMinutes(1), Forget = TimeSpan.FromHours(1);

    readonly Dictionary<int, int> others = [];
    DateTimeOffset forgotten;

    /// <summary>The JVMs, by process id.</summary>
    /// <exception cref="IOException">The processes of this host cannot be seen, so that "none" would be no truth.</exception>
    public IReadOnlyList<JavaProcess> Find(Machine machine, CancellationToken cancel) =>
        machine.Share(nameof(JavaProcesses), host => Look(host.Unwatched(), cancel));

    IReadOnlyList<JavaProcess> Look(Machine machine, CancellationToken cancel)
    {
        var processes = new ProcessTable(machine);
        var ids = processes.Ids();
        if (!ids.Contains(1)) throw new IOException(ids.Count == 0 ? "no process can be seen here: /proc is empty" : "process 1 cannot be seen, and so others may be hidden too (hidepid): CAP_SYS_PTRACE is missing");
        lock (others) Tidy(machine, ids);
        var users = new UserNames(machine);
        var found = new List<JavaProcess>();
        foreach (var id in ids)
        {
            cancel.ThrowIfCancellationRequested();
            if (IsJava(machine, processes, id) && JavaProcess.Read(machine, processes, users, id) is { } process) found.Add(process);
        }
        return found;
    }

    void Tidy(Machine machine, IReadOnlyList<int> ids)
    {
        if (machine.Now - forgotten > Forget) others.Clear();
        if (others.Count == 0) forgotten = machine.Now;
        foreach (var gone in others.Keys.Except(ids).ToArray()) others.Remove(gone);
    }

    bool IsJava(Machine machine, ProcessTable processes, int id)
    {
        // Another program under the same number, or the same process after exec, has another stamp.
        var stamp = HashCode.Combine(machine.Stamp($"/proc/{id}"), machine.Stamp($"/proc/{id}/exe"));
        lock (others)
            if (others.TryGetValue(id, out var known) && known == stamp) return false;
        if (Looks(machine, processes, id)) return true;
        // A program may load its JVM late in its first moments.
        if (processes.Started(id) < machine.Now - Settled)
            lock (others) others[id] = stamp;
        return false;
    }

    static bool Looks(Machine machine, ProcessTable processes, int id)
    {
        try
        {
            if (ProcessInfo.ParseExecutable(machine.ReadLink($"/proc/{id}/exe")).Path is not { } program) return false;
            var name = Path.GetFileName(program);
            if (Tools.Contains(name)) return false;
            return name == "java" || JavaMaps.HasJvm(machine, id);
        }
        catch (IOException)
        {
            // The launcher makes its first thread at once, and HotSpot's own follow: the sign is among the first.
            return processes.Name(id) is { } name && !Tools.Contains(name)
                && (machine.ListNumbers($"/proc/{id}/task") ?? []).Take(256).Any(task => machine.ReadText($"/proc/{id}/task/{task}/comm")?.TrimEnd('\n') == Sign);
        }
    }
}
