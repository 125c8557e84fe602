using System.Globalization;
using System.Net;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>A Connector element, resolved.</summary>
/// <param name="Port">With the server's portOffset; 0 is any free one, negative is none.</param>
/// <param name="Address">Null: AJP's default, which depends on the version.</param>
/// <param name="IsTls">SSLEnabled; <c>scheme</c> and <c>secure</c> are labels.</param>
sealed record Connector(XmlElement Element, bool IsAjp, int Port, IPAddress? Address, bool IsTls)
{
    public string Label => $"{(IsAjp ? "ajp" : "http")} {(Address is null ? "default" : Address.Equals(IPAddress.IPv6Any) ? "*" : Address.ToString())}:{Port.ToString(CultureInfo.InvariantCulture)}";

    public Reach? Reach => Address is null ? null : Listener.ReachOf(Address);

    /// <exception cref="FormatException">A value cannot be resolved, or makes no sense.</exception>
    public static Connector Read(ServerConfig config, XmlElement element)
    {
        var protocol = config.Get(element, "protocol") ?? "HTTP/1.1";
        var isAjp = protocol.StartsWith("AJP", StringComparison.OrdinalIgnoreCase) || protocol.StartsWith("org.apache.coyote.ajp.", StringComparison.Ordinal);
        if (!isAjp && !protocol.StartsWith("HTTP/", StringComparison.OrdinalIgnoreCase) && !protocol.StartsWith("org.apache.coyote.http11.", StringComparison.Ordinal))
            throw new FormatException("a Connector has a protocol that is not Tomcat's own");
        var port = Number(config.Get(element, "port") ?? "0", "the port of a Connector");
        var offset = Number(config.Get(config.Server, "portOffset") ?? "0", "portOffset");
        return new Connector(element, isAjp, port > 0 ? port + offset : port, AddressOf(config.Get(element, "address"), isAjp), config.Is(element, "SSLEnabled", false));
    }

    public static int Number(string text, string what) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number is >= -1 and <= 65535 ? number : throw new FormatException($"{what} is no number");

    /// <summary>A name other than localhost may be any address.</summary>
    public static IPAddress? AddressOf(string? text, bool isAjp) =>
        text is null or "" ? isAjp ? null : IPAddress.IPv6Any
        : text == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(text, out var address) ? address : throw new FormatException("the address of a Connector is a name, and where that leads is not known");
}
