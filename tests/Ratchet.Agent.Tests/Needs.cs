using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests;

/// <summary>A test that needs root and a real OpenSSH server; skipped with the reason where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class SshdFactAttribute : FactAttribute
{
    public SshdFactAttribute()
    {
        if (Libc.EffectiveUser != 0) Skip = "needs root";
        else if (!File.Exists("/usr/sbin/sshd")) Skip = "needs openssh-server";
        else if (!File.Exists("/usr/bin/setpriv")) Skip = "needs setpriv (util-linux)";
    }
}

/// <inheritdoc cref="SshdFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
sealed class SshdTheoryAttribute : TheoryAttribute
{
    public SshdTheoryAttribute() => Skip = new SshdFactAttribute().Skip;
}

/// <summary>A test that needs root and loop devices; skipped with the reason where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class LoopFactAttribute : FactAttribute
{
    public LoopFactAttribute()
    {
        if (Libc.EffectiveUser != 0) Skip = "needs root";
        else if (!File.Exists("/dev/loop-control")) Skip = "needs loop devices";
        else if (!File.Exists("/usr/sbin/losetup")) Skip = "needs losetup (mount)";
    }
}

/// <summary>A test on a <see cref="Fixtures.RecordingDisk"/>; skipped with the reason where a part is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class RecordingDiskFactAttribute : FactAttribute
{
    const string Daemon = "/usr/bin/qemu-storage-daemon";

    public RecordingDiskFactAttribute()
    {
        if (Libc.EffectiveUser != 0) Skip = "needs root";
        else if (!File.Exists("/dev/loop-control") || !File.Exists("/dev/fuse")) Skip = "needs loop devices and FUSE";
        else if (!File.Exists(Daemon)) Skip = $"needs {Daemon} (qemu-system-common or qemu-utils)";
        else if (!Fixtures.Programs.Read(Daemon, "--help").Contains("type=]fuse", StringComparison.Ordinal)) Skip = $"needs a {Daemon} that was built with FUSE";
    }
}

/// <summary>A test that runs Debian's Tomcat in a network namespace of its own; skipped with the reason where a part is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class TomcatFactAttribute : FactAttribute
{
    public TomcatFactAttribute()
    {
        if (Libc.EffectiveUser != 0) Skip = "needs root";
        else if (Checks.Tomcat.RealTomcats.Home is null) Skip = "needs tomcat10-common (or that of another version)";
        else if (!File.Exists("/usr/bin/unshare") || !File.Exists("/usr/bin/setpriv")) Skip = "needs unshare and setpriv (util-linux)";
        else if (!File.Exists("/usr/bin/openssl")) Skip = "needs openssl";
    }
}

/// <summary>A test that mounts FUSE; skipped with the reason where that is not possible.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NeedsFuseFactAttribute : FactAttribute
{
    public NeedsFuseFactAttribute()
    {
        if (Libc.EffectiveUser != 0) Skip = "needs root";
        else if (!File.Exists("/dev/fuse")) Skip = "needs FUSE (/dev/fuse)";
    }
}
