using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>An address or a CIDR range, as numbers. A range has the host bits of its address clear, as sshd demands.</summary>
sealed record AddressRange(AddressFamily Family, BigInteger First, BigInteger Last)
{
    /// <summary>Null where the text is neither (a wildcard, a name).</summary>
    public static AddressRange? Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        // IPAddress takes "10" and "0x7f.1" for addresses; sshd does not.
        var name = slash < 0 ? text : text[..slash];
        if (name.Contains('*', StringComparison.Ordinal) || !IPAddress.TryParse(name, out var address)) return null;
        if (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != name) return null;
        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var length = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits)) return null;
        var first = new BigInteger(address.GetAddressBytes(), isUnsigned: true, isBigEndian: true);
        return new AddressRange(address.AddressFamily, first, first + (BigInteger.One << (bits - length)) - 1);
    }

    public bool Contains(AddressRange other) => Family == other.Family && other.First >= First && other.First <= Last;

    /// <summary>Its first and last address and the two just outside, as sshd prints them.</summary>
    public IEnumerable<string> Edges() =>
        new[] { First, Last, First - 1, Last + 1 }.Where(number => number >= 0 && number <= Highest).Distinct().Select(Text);

    BigInteger Highest => (BigInteger.One << (Family == AddressFamily.InterNetwork ? 32 : 128)) - 1;

    string Text(BigInteger number)
    {
        var bytes = new byte[Family == AddressFamily.InterNetwork ? 4 : 16];
        var digits = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(bytes, bytes.Length - digits.Length);
        return new IPAddress(bytes).ToString();
    }
}
