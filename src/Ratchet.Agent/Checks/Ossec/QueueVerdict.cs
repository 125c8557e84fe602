using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>Whether somebody reads the event queue: connecting to its socket tells, and sends nothing.</summary>
static class QueueVerdict
{
    public static Finding Judge(Machine machine, Installation installation, Daemons daemons, string subject)
    {
        var rule = OssecRules.QueueAccepting;
        var path = installation.QueueDirectory + "/queue";
        var reader = installation.Prefix + installation.QueueReader;
        var evidence = new Evidence { { "socket", path }, { "reader", reader } };
        if (daemons.Find(installation.QueueReader) is { IsStopped: true })
            return Finding.Fail(rule, subject, $"{reader}, which reads the queue, is stopped by a signal (SIGSTOP)", evidence);
        if (!machine.IsLive) return Finding.Unknown(rule, subject, "whether the queue has a reader can only be asked of a live host", evidence);
        return DatagramSocket.Ask(path) switch
        {
            SocketAnswer.Accepted => Finding.Pass(rule, subject, $"{reader} holds {path} open", evidence),
            SocketAnswer.Refused => Finding.Fail(rule, subject, $"nobody reads {path}: {reader} left it behind, and events are lost", evidence),
            SocketAnswer.Absent => Finding.Fail(rule, subject, $"{path} is missing: events are lost", evidence),
            _ => Unasked(machine, path, reader, daemons.Find(installation.QueueReader), subject, evidence),
        };
    }

    /// <summary>Connecting needs the right to write to the file; the kernel's list of sockets does not.</summary>
    static Finding Unasked(Machine machine, string path, string reader, DaemonProcess? process, string subject, Evidence evidence)
    {
        var rule = OssecRules.QueueAccepting;
        if (machine.Status(path) is { } file && UnixDiag.IsBound(file.Inode)) return Finding.Pass(rule, subject, $"{reader} holds {path} open", evidence);
        return process is null
            ? Finding.Fail(rule, subject, $"nobody reads {path}: {reader} does not run, and events are lost", evidence)
            : Finding.Unknown(rule, subject, $"{path} may not be asked: that needs the right to write to it (group of the daemons, or CAP_DAC_OVERRIDE)", evidence);
    }
}
