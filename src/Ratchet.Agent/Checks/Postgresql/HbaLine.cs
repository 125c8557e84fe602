using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>How a session comes in.</summary>
enum Wire
{
    /// <summary>Through a Unix socket.</summary>
    Local,

    /// <summary>TCP in the clear.</summary>
    Plain,

    Tls,

    /// <summary>TCP, encrypted by GSSAPI.</summary>
    Gss,
}

/// <summary>A name in the database or user column. In quotes a keyword is a plain name.</summary>
readonly record struct HbaName(string Text, bool Quoted)
{
    public bool IsAll => !Quoted && Text == "all";

    /// <summary>Of the database column: a session of replication, which <c>all</c> does not mean.</summary>
    public bool IsReplication => !Quoted && Text == "replication";

    /// <summary>Of the database column: the database of the user's name, or of a role that he is a member of.</summary>
    public bool IsOwn => !Quoted && Text is ("sameuser" or "samerole" or "samegroup");

    /// <summary>Of the user column: the members of a role.</summary>
    public bool IsGroup => !Quoted && Text is ['+', _, ..];

    /// <summary>A regular expression (from version 16): whom it matches is not worked out here.</summary>
    public bool IsPattern => Text is ['/', ..];

    public override string ToString() => Quoted ? $"\"{Text}\"" : Text;
}

/// <summary>Whose addresses a line means.</summary>
/// <param name="Addresses">Null for the host's own network (samenet) and for names, which only the server resolves.</param>
/// <param name="IsOwn">The host's own addresses (samehost, localhost): never another host.</param>
sealed record HbaAddress(string Text, AddressSet? Addresses, bool IsOwn = false);

/// <summary>One line of pg_hba.conf (client authentication), as the server reads it.</summary>
/// <param name="Place"><c>/etc/postgresql/15/main/pg_hba.conf:97</c>, the first line where it goes over several.</param>
/// <param name="Type">local, host, hostssl, hostnossl, hostgssenc, hostnogssenc.</param>
/// <param name="Address">Null for local.</param>
/// <param name="DemandsCertificate">A client certificate is checked beside the method (clientcert=).</param>
sealed record HbaLine(
    string Place, string Type, IReadOnlyList<HbaName> Databases, IReadOnlyList<HbaName> Users, HbaAddress? Address, string Method, bool DemandsCertificate)
{
    static readonly string[] Types = ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];

    public bool Rejects => Method == "reject";

    public bool Matches(Wire wire) => wire switch
    {
        Wire.Local => Type == "local",
        Wire.Plain => Type is "host" or "hostnossl" or "hostnogssenc",
        Wire.Tls => Type is "host" or "hostssl" or "hostnogssenc",
        _ => Type is "host" or "hostnossl" or "hostgssenc",
    };

    /// <param name="fields">Each a list of words.</param>
    /// <exception cref="FormatException">The server refuses such a line.</exception>
    public static HbaLine Parse(string place, IReadOnlyList<IReadOnlyList<HbaName>> fields)
    {
        var type = One(fields, 0, place, "connection type");
        if (!Types.Contains(type)) throw new FormatException($"{place}: there is no such connection type");
        if (fields.Count < 4) throw new FormatException($"{place}: the line ends before its method");
        var next = 3;
        HbaAddress? address = null;
        if (type != "local")
        {
            var word = fields[next].Count == 1 ? fields[next][0] : throw new FormatException($"{place}: more than one address");
            next++;
            address = AddressOf(word, fields, ref next, place);
        }
        var method = One(fields, next++, place, "method");
        var certificate = fields.Skip(next).SelectMany(field => field).Any(option => option.Text.StartsWith("clientcert=", StringComparison.Ordinal) && option.Text is not ("clientcert=0" or "clientcert=no-verify"));
        return new HbaLine(place, type, fields[1], fields[2], address, type == "local" && method == "ident" ? "peer" : method, certificate);
    }

    static string One(IReadOnlyList<IReadOnlyList<HbaName>> fields, int index, string place, string what) =>
        index >= fields.Count ? throw new FormatException($"{place}: the line ends before its {what}")
        : fields[index].Count == 1 ? fields[index][0].Text
        : throw new FormatException($"{place}: more than one {what}");

    static HbaAddress AddressOf(HbaName word, IReadOnlyList<IReadOnlyList<HbaName>> fields, ref int next, string place)
    {
        if (!word.Quoted && word.Text == "all") return new HbaAddress("all", AddressSet.All);
        if (!word.Quoted && word.Text is "samehost") return new HbaAddress(word.Text, null, IsOwn: true);
        if (!word.Quoted && word.Text is "samenet") return new HbaAddress(word.Text, null);
        var slash = word.Text.IndexOf('/', StringComparison.Ordinal);
        var text = slash < 0 ? word.Text : word.Text[..slash];
        if (Numeric(text) is not { } address) return new HbaAddress(word.Text, null, IsOwn: word.Text == "localhost");
        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        int length;
        if (slash >= 0)
        {
            if (!int.TryParse(word.Text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits)
                throw new FormatException($"{place}: the address is no network");
            return new HbaAddress(word.Text, AddressSet.Of(address, length));
        }
        var mask = One(fields, next++, place, "netmask");
        length = Numeric(mask) is { } number && number.AddressFamily == address.AddressFamily ? PrefixLength(number, place) : throw new FormatException($"{place}: the netmask is none for its address");
        return new HbaAddress($"{word.Text}/{length}", AddressSet.Of(address, length));
    }

    /// <summary>IPAddress takes <c>10</c> and <c>0x7f.1</c> for addresses; the server takes them for names.</summary>
    static IPAddress? Numeric(string text) =>
        IPAddress.TryParse(text, out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 ? text.Contains(':', StringComparison.Ordinal) : address.ToString() == text) ? address : null;

    static int PrefixLength(IPAddress mask, string place)
    {
        var bits = string.Concat(mask.GetAddressBytes().Select(b => Convert.ToString(b, 2).PadLeft(8, '0')));
        var length = bits.TrimEnd('0').Length;
        return bits.AsSpan(0, length).Contains('0') ? throw new FormatException($"{place}: the netmask has holes, which is not judged") : length;
    }
}
