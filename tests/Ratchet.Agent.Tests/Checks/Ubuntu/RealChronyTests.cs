using System.Net;
using System.Net.Sockets;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

/// <summary>Real chronyds, which leave the clock alone (-x): what their chronyc answers is judged as it is.</summary>
public sealed class RealChronyTests : IDisposable
{
    const string Chronyd = "/usr/sbin/chronyd", Chronyc = "/usr/bin/chronyc";

    readonly Folder folder = new();
    readonly List<Daemon> daemons = [];

    public void Dispose()
    {
        daemons.ForEach(daemon => daemon.Dispose());
        folder.Dispose();
    }

    [NeedsPartFact(Chronyd, Chronyc)]
    public async Task A_chrony_that_follows_a_server_passes()
    {
        var server = FreePort();
        Start("server", $"port {server}\nbindaddress 127.0.0.1\nallow 127.0.0.1\nlocal stratum 8");
        var client = Start("client", $"server 127.0.0.1 port {server} iburst minpoll -2 maxpoll 0\nport 0");
        await ExpectAsync(client, Outcome.Pass, "chrony keeps the clock");
    }

    [NeedsPartFact(Chronyd, Chronyc)]
    public async Task A_chrony_without_a_server_fails() =>
        await ExpectAsync(Start("alone", "port 0"), Outcome.Fail, "is not synchronised");

    /// <summary>With <c>local</c> it calls itself synchronised (leap status Normal) with nobody but itself.</summary>
    [NeedsPartFact(Chronyd, Chronyc)]
    public async Task A_chrony_that_follows_its_own_clock_fails() =>
        await ExpectAsync(Start("local", "local stratum 8\nport 0"), Outcome.Fail, "its own clock");

    [NeedsPartFact(Chronyc)]
    public async Task A_chrony_that_does_not_answer_is_no_verdict()
    {
        var finding = await AskAsync(FreePort());
        Assert.Equal(Outcome.Unknown, finding.Outcome);
        Assert.Contains("506 Cannot talk to daemon", finding.Message, StringComparison.Ordinal);
    }

    /// <returns>The port of its commands.</returns>
    int Start(string name, string configuration)
    {
        var port = FreePort();
        var file = folder.Write(name + ".conf", $"{configuration}\ncmdport {port}\nbindcmdaddress 127.0.0.1\nbindcmdaddress /\npidfile {folder.Path}/{name}.pid\n");
        daemons.Add(new Daemon(Parts.NewStart(Chronyd, "-x", "-d", "-u", "root", "-f", file)));
        return port;
    }

    async Task ExpectAsync(int port, Outcome outcome, string words)
    {
        Finding? last = null;
        // Until it has started, it does not answer.
        for (var i = 0; i < 300 && !Fits(last); i++, await Task.Delay(100)) last = await AskAsync(port);
        Assert.True(Fits(last), $"{last?.Outcome}: {last?.Message}\n{string.Join('\n', daemons.Select(daemon => daemon.Said))}");

        bool Fits(Finding? finding) => finding?.Outcome == outcome && finding.Message.Contains(words, StringComparison.Ordinal);
    }

    /// <summary>The check on a host whose chronyc is the real one, asked at this port.</summary>
    static async Task<Finding> AskAsync(int port)
    {
        using var host = new UbuntuHost();
        host.Service("chrony.service");
        var machine = new Machine(host.Root, async (program, arguments, cancel) =>
        {
            Assert.Equal(Chronyc, program);
            using var process = System.Diagnostics.Process.Start(Parts.NewStart(Chronyc, ["-h", "127.0.0.1", "-p", $"{port}", .. arguments]))!;
            var output = await process.StandardOutput.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return new CommandResult(process.ExitCode, output, "");
        });
        return ClockVerdict.Judge(await ClockState.LookAsync(machine, CancellationToken.None), machine.Now);
    }

    static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
