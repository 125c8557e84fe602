namespace Ratchet.Agent.Checks.Access.Sudo;

/// <summary>Commands that make root of whoever may run them as root.</summary>
static class RootCommands
{
    // With arguments of the caller's own: shells and interpreters start any program; the others write any file, or start a program.
    static readonly HashSet<string> Names =
    [
        "adduser", "ansible-playbook", "apt", "apt-get", "aptitude", "ash", "at", "awk", "bash", "batch", "bpftrace", "busybox", "byobu", "capsh", "chmod",
        "chown", "chpasswd", "chroot", "chrt", "cp", "cpan", "cpio", "crontab", "csh", "ctr", "curl", "dash", "dd", "debugfs", "dnf", "doas", "docker",
        "dpkg", "dpkg-reconfigure", "ed", "emacs", "env", "ex", "expect", "find", "fish", "flock", "ftp", "g++", "gawk", "gcc", "gdb", "gem", "ghc", "ghci",
        "git", "gpasswd", "guile", "incus", "insmod", "install", "ionice", "ip", "irb", "jjs", "jrunscript", "jshell", "julia", "ksh", "less", "ln",
        "logsave", "ltrace", "lua", "lxc", "make", "man", "mawk", "mc", "mcedit", "minicom", "modprobe", "more", "most", "mount", "mtr", "multitime", "mv",
        "mysql", "nano", "nawk", "nc", "ncat", "nerdctl", "netcat", "nice", "nmap", "node", "nodejs", "nohup", "npm", "nsenter", "nvim", "openssl", "openvpn",
        "original-awk", "passwd", "patch", "pdb", "perl", "php", "pico", "pip", "pkexec", "podman", "psql", "pwsh", "python", "rake", "rbash", "rclone",
        "rlwrap", "rpm", "rsync", "ruby", "run-parts", "runc", "runuser", "rview", "rvim", "salt-call", "scp", "screen", "script", "sed", "setarch", "setcap",
        "setfacl", "setpriv", "sftp", "sh", "slsh", "snap", "socat", "sqlite3", "ssh", "start-stop-daemon", "stdbuf", "strace", "su", "sudo", "sysctl",
        "systemctl", "systemd-nspawn", "systemd-run", "tar", "taskset", "tclsh", "tcpdump", "tcsh", "tee", "telnet", "time", "timeout", "tmux", "tshark",
        "unshare", "useradd", "usermod", "vi", "view", "vigr", "vim", "vimdiff", "vipw", "virsh", "visudo", "watch", "wget", "wish", "xargs", "yarn", "yum",
        "zip", "zless", "zsh", "zypper",
    ];

    // These write any file once they run, and most start a shell, whatever file they were given.
    static readonly HashSet<string> Editors = ["ed", "emacs", "ex", "jed", "jmacs", "joe", "mcedit", "micro", "nano", "nvim", "pico", "rview", "rvim", "vi", "view", "vigr", "vim", "vimdiff", "vipw"];

    // These start a shell, whatever file they were given.
    static readonly HashSet<string> Pagers = ["less", "man", "more", "most", "zless", "zmore"];

    // These take commands from the terminal where they have no arguments.
    static readonly HashSet<string> Prompts = ["ash", "bash", "byobu", "csh", "dash", "fish", "ftp", "gdb", "ghci", "guile", "irb", "jjs", "jrunscript", "jshell", "julia", "ksh", "lua", "mc", "mysql", "node", "nodejs", "perl", "php", "psql", "pwsh", "python", "rbash", "ruby", "screen", "script", "sh", "slsh", "sqlite3", "su", "tclsh", "tcsh", "tmux", "unshare", "visudo", "wish", "zsh"];

    // Debian's alternatives are called by these: vim.basic, nc.openbsd, emacs-nox.
    static readonly string[] Variants = [".athena", ".basic", ".bsd", ".gnu", ".gtk", ".gtk3", ".nox", ".openbsd", ".tiny", ".traditional", "-gtk", "-lucid", "-nox"];

    /// <param name="startsNone">NOEXEC; null where that is not known.</param>
    /// <returns>Null where it hangs on that.</returns>
    public static bool? IsRoot(string command, bool? startsNone)
    {
        if (command == "ALL") return true;
        var space = command.IndexOf(' ', StringComparison.Ordinal);
        var (path, arguments) = space < 0 ? (command, "") : (command[..space], command[(space + 1)..]);
        // A directory is every command in it; a pattern in the path is every command that it names.
        if (path.EndsWith('/') || path.AsSpan().IndexOfAny("*?[^") >= 0) return true;
        var isOpen = arguments.Length == 0 || arguments.AsSpan().IndexOfAny("*?[^") >= 0;
        if (path == "sudoedit") return isOpen;
        var name = Path.GetFileName(path);
        if (IsAny(Editors, name)) return isOpen || !IsRestricted(name, arguments);
        if (isOpen ? IsAny(Names, name) : arguments == "\"\"" && IsAny(Prompts, name)) return true;
        return IsAny(Pagers, name) ? !startsNone : false;
    }

    /// <summary>nano keeps to the file that it was given where it is told to.</summary>
    static bool IsRestricted(string name, string arguments) => name is "nano" or "pico" && arguments.Split(' ').Any(word => word is "-R" or "--restricted");

    /// <summary>Whether the name is one of these, with or without a version or variant: <c>python3.12</c>, <c>gcc-12</c>, <c>vim.tiny</c>.</summary>
    static bool IsAny(HashSet<string> names, string name)
    {
        if (names.Contains(name)) return true;
        var bare = Array.Find(Variants, variant => name.EndsWith(variant, StringComparison.Ordinal)) is { } end ? name[..^end.Length] : name;
        return names.Contains(bare) || names.Contains(bare.AsSpan().TrimEnd("0123456789.").TrimEnd('-').ToString());
    }
}
