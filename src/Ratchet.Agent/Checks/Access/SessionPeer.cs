using System.Globalization;
using System.Net;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>The other end of the connection that an sshd serves.</summary>
static class SessionPeer
{
    const int TableLimit = 16 << 20;

    // sshd takes its connection before all else: it is among the first.
    const int DescriptorLimit = 256;

    /// <summary>Null where it is not to be seen: the process has ended, holds no connection, or may not be looked at.</summary>
    public static IPAddress? Of(Machine machine, int pid)
    {
        try
        {
            var sockets = new HashSet<string>();
            foreach (var descriptor in (machine.ListNumbers($"/proc/{pid}/fd") ?? []).Take(DescriptorLimit))
                if (machine.ReadLink($"/proc/{pid}/fd/{descriptor}") is ['s', 'o', 'c', 'k', 'e', 't', ':', '[', .. var inode, ']']) sockets.Add(inode);
            if (sockets.Count == 0) return null;
            foreach (var table in new[] { "tcp", "tcp6" })
                foreach (var line in (machine.ReadText($"/proc/{pid}/net/{table}", TableLimit) ?? "").Split('\n'))
                    // Number, local, remote, state (01 is established), queues, timer, retransmits, uid, time-out, inode.
                    if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, var remote, "01", _, _, _, _, _, var inode, ..] && sockets.Contains(inode) && Address(remote) is { } address)
                        return address;
            return null;
        }
        catch (IOException)
        {
            // Without CAP_SYS_PTRACE: where it comes from is not known, and the verdict says so.
            return null;
        }
    }

    /// <summary><c>0100007F:1F90</c>: words in the host's byte order (little endian), in hexadecimal.</summary>
    static IPAddress? Address(string text)
    {
        var digits = text.Split(':')[0];
        if (digits.Length is not (8 or 32)) return null;
        var bytes = new byte[digits.Length / 2];
        for (var i = 0; i < bytes.Length; i++)
            if (!byte.TryParse(digits.AsSpan((i / 4 * 4 + 3 - i % 4) * 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i])) return null;
        return BoundSocket.AddressOf(bytes);
    }
}
