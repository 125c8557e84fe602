using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>
/// Asks a daemon's own binary, with the daemon's own arguments, what it would do. The answer is kept until the binary, a
/// file, a host key or the accounts change.
/// </summary>
/// <param name="patience">Ends when sshd has been waited for long enough, over all questions.</param>
sealed class SshdOracle(Machine machine, SshdAnswers answers, Daemon daemon, SshdConfig config, CancellationToken patience = default)
{
    /// <summary>For all daemons and contexts of a sweep: an sshd that hangs would hang once for each, and access waits for it too.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    const int DefaultPort = 22;

    readonly string stamp = SshdAnswers.Stamp(machine,
        [daemon.RunningProgram, daemon.Program, .. config.Files, .. config.Directories, "/etc/ssh", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", .. HostKeyFiles(config)]);

    /// <summary>What holds for a connection, or for all of them where there is no Match block.</summary>
    public Task<SshdAnswer> AskAsync(Connection? connection, CancellationToken cancel) => AskAsync(daemon.RunningProgram, connection, cancel);

    /// <summary>What the binary that the next start takes says.</summary>
    public Task<SshdAnswer> AskNextStartAsync(Connection? connection, CancellationToken cancel) => AskAsync(daemon.Program, connection, cancel);

    /// <summary>The ports that it listens on, or will: the sockets of a running daemon, else its settings and its socket unit.</summary>
    public async Task<IReadOnlyList<int>> PortsAsync(CancellationToken cancel)
    {
        // Only a Match on the port asks for them.
        if (!config.Blocks.SelectMany(block => block.Criteria).Any(criterion => criterion.Kind == "localport")) return [];
        try
        {
            if (daemon.Runs && DaemonAddress.Of(machine, daemon.Pid) is { Count: > 0 } listeners) return [.. listeners.Select(listener => listener.Port).Distinct()];
        }
        catch (IOException)
        {
            // Not allowed to see its sockets: take the ports that it is told to listen on.
        }
        var connection = new Connection("root", "203.0.113.77", "203.0.113.77", "127.0.0.1", DefaultPort, "");
        var said = (await AskAsync(connection, cancel)).Config?.All("listenaddress") ?? [];
        return [.. said.Concat(SshdUnit.Listens(machine)).Select(Port).Where(port => port > 0).Distinct()];
    }

    /// <summary><c>22</c>, <c>0.0.0.0:22</c> or <c>[::]:22</c>; 0 for a path.</summary>
    static int Port(string address) => ushort.TryParse(address[(address.LastIndexOf(':') + 1)..].Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0;

    async Task<SshdAnswer> AskAsync(string sshd, Connection? connection, CancellationToken cancel)
    {
        List<string> arguments = [.. daemon.Arguments.ForTest(daemon.ConfigFile)];
        if (connection is not null) arguments.AddRange(["-C", connection.Specification]);
        var program = sshd;
        if (Libc.EffectiveUser == 0 && machine.IsLive) (program, arguments) = (Unprivileged.Program, [.. Unprivileged.Options(sshd), sshd, .. arguments]);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience);
        try
        {
            limit.Token.ThrowIfCancellationRequested();
            var answer = SshdAnswer.From(await answers.AskAsync(machine, program, arguments, stamp, limit.Token));
            return answer.Refusal?.Contains("no hostkeys available", StringComparison.Ordinal) == true && HiddenKey() is { } hidden ? new SshdAnswer(null, Obstacle: hidden) : answer;
        }
        catch (CommandException e)
        {
            return new SshdAnswer(null, Obstacle: e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new SshdAnswer(null, Obstacle: $"{sshd} -T has not answered for every context within {Patience.TotalSeconds} s");
        }
    }

    static IEnumerable<string> HostKeyFiles(SshdConfig config) =>
        ["/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key", .. config.Lines.Where(line => line.Keyword == "hostkey").Select(line => line.Value)];

    /// <summary>A host key that we may not read, so that sshd asked by us could not either: some versions do not say so.</summary>
    string? HiddenKey()
    {
        try
        {
            foreach (var file in HostKeyFiles(config)) machine.OpenFile(file)?.Dispose();
            return null;
        }
        catch (IOException e)
        {
            return $"sshd -T could not look: {e.Message}";
        }
    }

    /// <summary>
    /// As root, sshd -T wants /run/sshd, which is missing under socket activation, and creating it is not ours. As another
    /// user who can read all files it does not ask for it.
    /// </summary>
    static class Unprivileged
    {
        public const string Program = "/usr/bin/setpriv";

        public static IEnumerable<string> Options(string sshd)
        {
            // The binary of a running process can only be executed by who may trace it.
            var capabilities = sshd.StartsWith("/proc/", StringComparison.Ordinal) ? "-all,+dac_read_search,+sys_ptrace" : "-all,+dac_read_search";
            return ["--reuid=65534", "--regid=65534", "--clear-groups", $"--inh-caps={capabilities}", $"--ambient-caps={capabilities}", $"--bounding-set={capabilities}", "--"];
        }
    }
}
