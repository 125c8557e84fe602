using System.Globalization;
using System.Net;

namespace Ratchet.Agent.Probes;

/// <summary>A socket unit and one address that it listens on.</summary>
/// <param name="Name"><c>ssh.socket</c>.</param>
/// <param name="Service">The service that it starts and hands the socket to; null where it starts one for each connection.</param>
/// <param name="Address">Null: the wildcard, of IPv6 where the host has it.</param>
sealed record SocketUnit(string Name, string? Service, Protocol Protocol, IPAddress? Address, int Port)
{
    public bool Names(BoundSocket socket) =>
        socket.Protocol == Protocol && socket.Port == Port &&
        (Address is null ? socket.Address.Equals(IPAddress.IPv6Any) || socket.Address.Equals(IPAddress.Any) : Address.Equals(socket.Address));
}

/// <summary>Which socket unit (systemd.socket(5)) a socket in the hands of pid 1 belongs to.</summary>
sealed class SocketUnits(UnitFiles files)
{
    readonly Lazy<ILookup<int, SocketUnit>> byPort = new(() => files.Names(".socket").SelectMany(name => Parse(name, files.Read(name) ?? [])).ToLookup(unit => unit.Port));

    /// <summary>The first by name; null where no unit file names the address.</summary>
    public SocketUnit? Of(BoundSocket socket) => byPort.Value[socket.Port].FirstOrDefault(unit => unit.Names(socket));

    internal static IEnumerable<SocketUnit> Parse(string name, IReadOnlyList<UnitSetting> settings)
    {
        var listens = new List<(string Key, string Value)>();
        var (service, accept, sctp) = (Path.ChangeExtension(name, ".service"), false, false);
        foreach (var (_, key, value, _, _) in settings.Where(setting => setting.Section == "Socket"))
            switch (key)
            {
                // An empty assignment to any of the list takes away all that stand before it.
                case "ListenStream" or "ListenDatagram" or "ListenSequentialPacket":
                    if (value.Length == 0) listens.Clear();
                    else listens.Add((key, value));
                    break;
                case "Accept":
                    accept = value is "yes" or "true" or "on" or "1";
                    break;
                case "Service":
                    service = value;
                    break;
                case "SocketProtocol":
                    sctp = value == "sctp";
                    break;
            }
        foreach (var (key, value) in listens)
            if (ParseAddress(value) is { } end)
                yield return new SocketUnit(name, accept ? null : service, key == "ListenDatagram" ? Protocol.Udp : sctp ? Protocol.Sctp : Protocol.Tcp, end.Address, end.Port);
    }

    /// <summary><c>22</c>, <c>127.0.0.1:22</c>, <c>[::1]:22</c>, perhaps with <c>%INTERFACE</c>; null for paths, vsock and specifiers.</summary>
    static (IPAddress? Address, int Port)? ParseAddress(string text)
    {
        var plain = text.IndexOf('%', StringComparison.Ordinal) is > 0 and var percent ? text[..percent] : text;
        if (ushort.TryParse(plain, NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return (null, port);
        return plain.Contains(':', StringComparison.Ordinal) && char.IsAsciiDigit(plain[^1]) && IPEndPoint.TryParse(plain, out var end) && end.Port != 0
            ? (end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address, end.Port)
            : null;
    }
}
