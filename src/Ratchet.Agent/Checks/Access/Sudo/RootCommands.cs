namespace Ratchet.Agent.Checks.Access.Sudo;

/// <summary>Commands that make root of whoever may run them as root, whatever arguments a rule leaves open.</summary>
static class RootCommands
{
    // Shells, interpreters, editors and pagers start any program; the others read or write any file, or start one.
    static readonly HashSet<string> Names =
    [
        "apt", "apt-get", "ash", "awk", "bash", "busybox", "cp", "csh", "dash", "dd", "docker", "dpkg", "ed", "emacs", "env", "expect", "find", "fish", "gawk", "gdb",
        "ionice", "ksh", "less", "ln", "lua", "lxc", "man", "mawk", "more", "mount", "mv", "nano", "nice", "nohup", "node", "nsenter", "perl", "php", "pico", "pip", "pip3", "podman",
        "python", "python2", "python3", "rbash", "rsync", "ruby", "rview", "rvim", "scp", "sed", "setpriv", "sh", "socat", "start-stop-daemon", "strace", "stdbuf", "su", "sudo",
        "systemctl", "systemd-run", "tar", "tcsh", "tee", "time", "timeout", "unshare", "vi", "view", "vim", "visudo", "wget", "xargs", "zip", "zsh",
    ];

    public static bool IsRoot(string command)
    {
        if (command == "ALL") return true;
        var space = command.IndexOf(' ', StringComparison.Ordinal);
        var (path, arguments) = space < 0 ? (command, "") : (command[..space], command[(space + 1)..]);
        // A directory is every command in it; a pattern in the path is every command that it names.
        if (path.EndsWith('/') || path.AsSpan().IndexOfAny("*?[^") >= 0) return true;
        if (path == "sudoedit") return arguments.Length == 0 || arguments.AsSpan().IndexOfAny("*?[^") >= 0;
        // Without arguments in the rule any may be given; "" allows none.
        return Names.Contains(Path.GetFileName(path)) && (arguments.Length == 0 || (arguments != "\"\"" && arguments.AsSpan().IndexOfAny("*?[^") >= 0));
    }
}
