using System.Net;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>What a listener turned out to speak.</summary>
enum Speech
{
    /// <summary>TLS 1.2 or later.</summary>
    Tls,

    /// <summary>TLS, and none that is newer than 1.1.</summary>
    OldTls,

    /// <summary>HTTP in clear.</summary>
    Http,

    /// <summary>PostgreSQL or SMTP, which refuses TLS.</summary>
    Refusing,

    Ssh,

    /// <summary>It greets in a protocol that is not known here, and may know TLS further on.</summary>
    Greeting,

    /// <summary>It answers a handshake with what no TLS server ever sends.</summary>
    NotTls,

    /// <summary>No handshake worked, and why is not certain.</summary>
    Unclear,
}

/// <summary>What one listener said when it was asked. Facts alone: they are judged anew in each sweep.</summary>
/// <param name="Said">For messages, where it is not TLS.</param>
/// <param name="Names">One for no server name, and one for each that clients use.</param>
/// <param name="Pages">What it answered in clear.</param>
sealed record WireFacts(Speech Speech, string Said, IReadOnlyList<NameFacts> Names, IReadOnlyList<PageFacts> Pages)
{
    public WireFacts(Speech speech, string said) : this(speech, said, [], []) { }
}

/// <summary>TLS for one server name.</summary>
/// <param name="Name">Null: the client names none.</param>
/// <param name="Version">The highest version that it agreed to; null where no handshake of 1.2 or later works.</param>
/// <param name="Certificates">DER, the server's own first.</param>
/// <param name="Problem">Why none works.</param>
/// <param name="Old">One for each old version.</param>
/// <param name="Place">Where it was asked, if that is not where the listener is asked first.</param>
sealed record NameFacts(string? Name, string? Version, IReadOnlyList<byte[]> Certificates, string Problem, IReadOnlyList<OldFacts> Old, IPEndPoint? Place = null)
{
    /// <summary>For messages, behind what was asked.</summary>
    public string At => Place is null ? "" : $" at {Place}";
}

enum OldAnswer
{
    Accepted,
    Refused,
    Unclear,
}

/// <param name="Asked">The version, as people write it.</param>
sealed record OldFacts(string Asked, OldAnswer Answer, string Said);

/// <param name="Status">0: no answer.</param>
/// <param name="Location">Scheme and host that it sends to.</param>
sealed record PageFacts(string Host, string Path, int Status, string? Location, bool IsRedirect);
