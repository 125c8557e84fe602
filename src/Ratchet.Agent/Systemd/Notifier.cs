using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Ratchet.Agent.Systemd;

/// <summary>
/// Talks to the service manager by the protocol of sd_notify(3): readiness, status line, watchdog, reload. Outside of systemd
/// (no NOTIFY_SOCKET) it does nothing.
/// </summary>
sealed class Notifier : IDisposable
{
    readonly Socket? socket;
    readonly UnixDomainSocketEndPoint? manager;

    public Notifier(string? notifySocket, string? watchdogMicroseconds)
    {
        if (string.IsNullOrEmpty(notifySocket)) return;
        // A leading @ stands for the abstract namespace, whose names start with a zero byte.
        manager = new UnixDomainSocketEndPoint(notifySocket[0] == '@' ? "\0" + notifySocket[1..] : notifySocket);
        socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        if (long.TryParse(watchdogMicroseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0)
            WatchdogLimit = TimeSpan.FromMicroseconds(limit);
    }

    public static Notifier FromEnvironment() =>
        new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), Environment.GetEnvironmentVariable("WATCHDOG_USEC"));

    /// <summary>Within this time the manager must hear from us, or it ends the service; null: no watchdog.</summary>
    public TimeSpan? WatchdogLimit { get; }

    public void Ready() => Send("READY=1");

    public void Status(string text) => Send("STATUS=" + text.ReplaceLineEndings(" "));

    public void Alive() => Send("WATCHDOG=1");

    /// <summary>Told before a reload; <see cref="Ready"/> ends it. The time is CLOCK_MONOTONIC, in microseconds.</summary>
    public void Reloading() => Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}"));

    public void Stopping() => Send("STOPPING=1");

    public void Dispose() => socket?.Dispose();

    void Send(string message)
    {
        try
        {
            socket?.SendTo(System.Text.Encoding.UTF8.GetBytes(message), manager!);
        }
        catch (SocketException)
        {
            // A manager that does not listen must not stop the sweeps; its watchdog notices.
        }
    }
}
