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
