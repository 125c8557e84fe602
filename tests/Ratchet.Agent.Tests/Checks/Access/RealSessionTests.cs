using System.Diagnostics;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Sshd;

namespace Ratchet.Agent.Tests.Checks.Access;

/// <summary>A real sshd, a real login for one command: without a terminal (no utmp line) and without PAM it shows all the same, with its address.</summary>
[Collection(RealSshd.Name)]
public sealed class RealSessionTests
{
    [RootLoginFact]
    public void A_connection_without_a_terminal_is_a_session_and_ends_with_it() => ExpectWhile("sleep", "60");

    /// <summary>Ports are forwarded, nothing is started: no session that PAM or a terminal would know of.</summary>
    [RootLoginFact]
    public void A_connection_that_starts_nothing_is_a_session_too() => ExpectWhile("-N");

    static void ExpectWhile(params string[] arguments)
    {
        using var sshd = new SshdHost("PermitRootLogin yes\nAuthorizedKeysFile FOLDER/keys\nStrictModes no\n");
        var key = Path.Combine(sshd.Folder, "id");
        SshdHost.Run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key);
        File.Copy(key + ".pub", Path.Combine(sshd.Folder, "keys"));
        using (var client = Process.Start(new ProcessStartInfo("/usr/bin/ssh", ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-i", key, "-p", $"{sshd.Port}", "root@127.0.0.1", .. arguments]) { UseShellExecute = false, RedirectStandardError = true })!)
        {
            try
            {
                Assert.True(Comes("root from 127.0.0.1"), sshd.Log + string.Join("; ", Subjects()));
            }
            finally
            {
                client.Kill();
                client.WaitForExit();
            }
        }
        for (var i = 0; i < 250 && Subjects().Contains("root from 127.0.0.1"); i++) Thread.Sleep(20);
        Assert.DoesNotContain("root from 127.0.0.1", Subjects());
    }

    static bool Comes(string subject)
    {
        for (var i = 0; i < 500; i++)
        {
            if (Subjects().Contains(subject)) return true;
            Thread.Sleep(20);
        }
        return false;
    }

    static string[] Subjects() => [.. new Sessions(new Machine("/", Command.RunAsync), Accounts.Parse(File.ReadAllText("/etc/passwd"), "")).Find().Select(session => session.Subject)];
}

/// <summary>A test in which root logs in to a real sshd by key; a password that is locked by ! stops sshd without PAM.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class RootLoginFactAttribute : FactAttribute
{
    public RootLoginFactAttribute()
    {
        if (Libc.EffectiveUser != 0) Skip = "needs root";
        else if (!File.Exists("/usr/sbin/sshd") || !File.Exists("/usr/bin/ssh")) Skip = "needs openssh-server and openssh-client";
        else if (File.ReadAllText("/etc/shadow").StartsWith("root:!", StringComparison.Ordinal)) Skip = "needs a root account that is not locked by !";
    }
}
