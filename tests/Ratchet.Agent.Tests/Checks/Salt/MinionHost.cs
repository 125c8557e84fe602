using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Salt;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Checks.Ubuntu;

namespace Ratchet.Agent.Tests.Checks.Salt;

/// <summary>A minion as it should be, to be spoiled: it runs, its master is pinned, its last highstate is six hours old.</summary>
public abstract class MinionHost : IDisposable
{
    private protected const string MasterKey = "-----BEGIN PUBLIC KEY-----\nMIIB\nAQAB\n-----END PUBLIC KEY-----\n";
    // printf 'MIIB\nAQAB\n' | sha256sum, as Salt counts it.
    private protected static readonly string Finger = PinVerdict.Fingerprint(System.Text.Encoding.UTF8.GetBytes(MasterKey), "sha256")!;

    private protected readonly UbuntuHost host = new();

    private protected MinionHost()
    {
        host.Write("/usr/bin/salt-minion", "");
        host.Service("salt-minion.service");
        Minion($"master: salt.internal\nmaster_finger: '{Finger}'\ncache_jobs: True\n");
        host.MakeDirectory("/etc/salt/pki/minion", "0700 root:root");
        host.Write("/etc/salt/pki/minion/minion.pem", "", "0400 root:root");
        host.Write("/etc/salt/pki/minion/minion_master.pub", MasterKey);
        Job("20261121060000000000", UbuntuHost.Now.AddHours(-6), SaltReturns.Of("state.apply", [], ("file_|-motd_|-/etc/motd_|-managed", true, 1), ("pkg_|-ssh_|-ssh_|-installed", true, 0)));
    }

    public void Dispose()
    {
        host.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Task<Finding> AssertAsync(Rule rule, Outcome outcome, string words, SaltSettings? settings = null) => host.AssertAsync(new SaltCheck(settings ?? new SaltSettings()), rule, outcome, words);

    private protected void Minion(string text) => host.Write("/etc/salt/minion", text);

    private protected void Job(string id, DateTimeOffset at, byte[] content) => host.WriteBytes($"/var/cache/salt/minion/minion_jobs/{id}/return.p", content, at);
}
