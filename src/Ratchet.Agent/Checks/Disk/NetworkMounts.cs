namespace Ratchet.Agent.Checks.Disk;

/// <summary>What the options of a network mount prove: encryption on the way. How the server keeps the data is its own matter.</summary>
static class NetworkMounts
{
    public static Layer LayerOf(Mount mount, string label) => mount.Type switch
    {
        "nfs" or "nfs4" => Nfs(mount, label),
        "cifs" or "smb3" or "smbfs" => Cifs(mount, label),
        "ceph" when mount.Option("ms_mode") == "secure" => Encrypted(label, "ms_mode=secure"),
        "fuse.sshfs" => Layer.Unclear(label, $"{mount.Source} is reached through SSH; how its server keeps the data is not seen from here"),
        "9p" or "virtiofs" => Layer.Unclear(label, $"{mount.Source} is a directory of the hypervisor's host; whether it is encrypted is not seen from here"),
        _ => Layer.Unclear(label, $"the options of a {mount.Type} mount do not say whether it is encrypted on the way"),
    };

    static Layer Nfs(Mount mount, string label)
    {
        if (mount.Option("xprtsec") is "tls" or "mtls") return Encrypted(label, "xprtsec=" + mount.Option("xprtsec"));
        if (mount.Option("sec") == "krb5p") return Encrypted(label, "sec=krb5p");
        if (mount.Option("addr") is "127.0.0.1" or "::1" && mount.Option("port") is not (null or "0" or "2049"))
            return Layer.Unclear(label, $"{mount.Source} goes through a proxy on loopback port {mount.Option("port")}: if that is the EFS mount helper with tls (stunnel, efs-proxy) it is encrypted on the way; "
                + "show it with systemctl status amazon-efs-mount-watchdog and waive this finding");
        return mount.Option("sec") is { } sec
            ? new Layer($"{label} (sec={sec})", Shield.Plain) { Reason = $"{mount.Source} travels in the clear (sec={sec})" }
            : Layer.Unclear(label, $"the options of {mount.Source} name no sec=");
    }

    // A server may demand encryption of every client of a share, which the options do not show.
    static Layer Cifs(Mount mount, string label)
    {
        if (mount.Option("seal") is not null) return Encrypted(label, "seal");
        var version = mount.Option("vers") ?? "";
        return version is ['1' or '2', ..]
            ? new Layer($"{label} (vers={version})", Shield.Plain) { Reason = $"{mount.Source} travels in the clear (SMB {version} knows no encryption)" }
            : Layer.Unclear(label, $"{mount.Source} is mounted without seal: it is encrypted on the way only if the server demands it; add seal to the mount options");
    }

    static Layer Encrypted(string label, string option) =>
        new($"{label} ({option})", Shield.Encrypts) { Reason = $"on the way, by {option}; how its server keeps the data is not seen from here" };
}
