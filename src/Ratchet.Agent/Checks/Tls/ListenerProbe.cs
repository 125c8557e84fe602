using System.Net;
using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>
/// Asks one listener what it speaks: a handshake of today for each name, raw hellos of TLS 1.0 and 1.1 for each, and a page where it
/// turns out to speak HTTP in clear. Each question is a connection of its own.
/// </summary>
/// <param name="patience">How long each connection may take; null: as long as any conversation.</param>
sealed class ListenerProbe(IPEndPoint server, IPEndPoint pages, Opening opening, IReadOnlyList<string> names, TimeSpan? patience = null)
{
    // A path that nobody has: a server that redirects everything redirects it too.
    static readonly string[] Paths = ["/", "/ratchet-agent-probe"];

    // Who greets does so at once; a server that waits for its client is not kept waiting long.
    static readonly TimeSpan Hearing = TimeSpan.FromSeconds(1);

    const int GreetingLimit = 256;

    Func<Stream, CancellationToken, Task<bool>>? requestTls = opening == Opening.Postgres ? PostgresHandshake.RequestTlsAsync : null;

    bool IsPostgres => opening == Opening.Postgres;

    /// <summary>Never throws for what a server does: that is a fact.</summary>
    public async Task<WireFacts> AskAsync(CancellationToken cancel)
    {
        try
        {
            if (opening == Opening.Http && await PagesAsync(cancel) is { } inClear) return inClear;
            if (opening == Opening.Listen && await HearAsync(cancel) is { } other) return other;
            return await HandshakesAsync(cancel);
        }
        catch (IOException e)
        {
            return new WireFacts(Speech.Unclear, e.Message);
        }
    }

    /// <summary>The same questions at another place.</summary>
    public ListenerProbe At(IPEndPoint place) => new(place, place, opening, names, patience);

    /// <summary>
    /// Whether one handshake at another place shows what was seen here: the same certificate and version, or no TLS either. A handshake
    /// that succeeds is in few logs. PostgreSQL and mail servers do not differ by the address that is called; pages are asked there anyway.
    /// One that gives no clear answer is not asked more than once.
    /// </summary>
    public async Task<bool> IsAlikeAsync(IPEndPoint place, WireFacts facts, CancellationToken cancel)
    {
        if (requestTls is not null || opening == Opening.Http || facts.Speech is Speech.Ssh or Speech.Greeting or Speech.Unclear) return true;
        try
        {
            var (seen, _) = await At(place).HandshakeAsync(null, cancel);
            var known = facts.Names.Count > 0 ? facts.Names[0] : null;
            return seen?.Version == known?.Version && Leaf(seen).AsSpan().SequenceEqual(Leaf(known));
        }
        catch (IOException)
        {
            return false;
        }
    }

    static byte[] Leaf(NameFacts? facts) => facts?.Certificates is [var leaf, ..] ? leaf : [];

    /// <summary>Null where it waits for the client, or greets as a mail server, which is asked for TLS from then on.</summary>
    async Task<WireFacts?> HearAsync(CancellationToken cancel)
    {
        var greeting = await Conversation.HoldAsync(server, async (stream, limit) =>
        {
            using var hearing = CancellationTokenSource.CreateLinkedTokenSource(limit);
            hearing.CancelAfter(Hearing);
            var heard = new List<byte>();
            try
            {
                // A mail server may greet in several lines: all but the last have a hyphen after the number.
                int before;
                do
                {
                    before = heard.Count;
                    heard.AddRange(await Conversation.ReadLineAsync(stream, GreetingLimit, hearing.Token));
                }
                while (heard.Count > before && heard.Count < GreetingLimit && heard is [(byte)'2', (byte)'2', (byte)'0', (byte)'-', ..] && !SmtpHandshake.IsGreeting(heard.ToArray()));
            }
            catch (OperationCanceledException) when (!limit.IsCancellationRequested)
            {
                // What it has said by now is all.
            }
            return heard.ToArray();
        }, cancel, patience);
        if (greeting.Length == 0) return null;
        if (greeting.AsSpan().StartsWith("SSH-"u8)) return new WireFacts(Speech.Ssh, $"it greets as an SSH server ({Shown(greeting)})");
        if (!SmtpHandshake.IsGreeting(greeting)) return new WireFacts(Speech.Greeting, $"it greets with \"{Shown(greeting)}\", in a protocol whose TLS this agent does not know");
        requestTls = SmtpHandshake.RequestTlsAsync;
        return null;
    }

    async Task<WireFacts> HandshakesAsync(CancellationToken cancel)
    {
        var asked = new List<NameFacts>();
        foreach (var name in names.Prepend(null))
        {
            var (facts, flight) = await HandshakeAsync(name, cancel);
            if (facts is null && requestTls is not null && flight is null) return new WireFacts(Speech.Refusing, IsPostgres ? "it refuses TLS to who asks for it (PostgreSQL)" : "it does not offer STARTTLS (SMTP)");
            if (flight?.Answer == HelloAnswer.NotTls && requestTls is null && SmtpHandshake.IsGreeting(flight.First))
            {
                // A mail server that lets strangers wait for its greeting.
                requestTls = SmtpHandshake.RequestTlsAsync;
                return await HandshakesAsync(cancel);
            }
            if (flight?.Answer == HelloAnswer.NotTls)
                return (flight.First.AsSpan().StartsWith("HTTP/"u8) || flight.First is [(byte)'<', ..]) && await PagesAsync(cancel) is { } inClear ? inClear
                    : flight.First.AsSpan().StartsWith("SSH-"u8) ? new WireFacts(Speech.Ssh, $"it answers as an SSH server ({Shown(flight.First)})")
                    : new WireFacts(Speech.NotTls, $"it answers a TLS handshake with \"{Shown(flight.First)}\"");
            // Who does not answer at all is not asked again.
            var answers = flight?.Answer is null or HelloAnswer.Hello or HelloAnswer.Alert;
            // PostgreSQL serves one certificate and one setting, whatever the name; each hello of an old version is two lines in its log.
            var old = IsPostgres && name is not null ? asked[0].Old : answers ? await OldAsync(name, cancel) : [];
            asked.Add(facts! with { Old = old });
        }
        return new WireFacts(
            asked.Exists(facts => facts.Version is not null) ? Speech.Tls : asked.Exists(facts => facts.Old.Any(old => old.Answer == OldAnswer.Accepted)) ? Speech.OldTls : Speech.Unclear,
            asked[0].Problem, asked, []);
    }

    /// <summary>
    /// The platform's handshake; where that fails (a server of TLS 1.2 that wants the client's certificate first, or has suites that the
    /// platform has not), a raw hello of 1.2. Facts are null where there is no TLS to go on with: the flight says why, where there is one.
    /// </summary>
    async Task<(NameFacts? Facts, ServerFlight? Flight)> HandshakeAsync(string? name, CancellationToken cancel)
    {
        string problem;
        try
        {
            return await Conversation.HoldAsync(server, async (stream, limit) =>
            {
                if (requestTls is not null && !await requestTls(stream, limit)) return ((NameFacts?)null, (ServerFlight?)null);
                var offer = await TlsHandshake.AskAsync(stream, name, IsPostgres ? PostgresHandshake.Protocol : null, limit);
                return (new NameFacts(name, offer.Version == System.Security.Authentication.SslProtocols.Tls13 ? "TLS 1.3" : "TLS 1.2", offer.Certificates, "", []), null);
            }, cancel, patience);
        }
        catch (IOException e)
        {
            problem = e.Message;
        }
        var flight = await HelloAsync(TlsVersion.Tls12, name, cancel);
        return flight switch
        {
            { Answer: HelloAnswer.NotTls } => (null, flight),
            { Answer: HelloAnswer.Hello, Version: (int)TlsVersion.Tls12, IsComplete: true } => (new NameFacts(name, "TLS 1.2", flight.Certificates, "", []), flight),
            { Answer: HelloAnswer.Hello, Version: < (int)TlsVersion.Tls12 } => (new NameFacts(name, null, flight.Certificates, $"it agrees to {Spell(flight.Version)} at most", []), flight),
            { Answer: HelloAnswer.Alert } => (new NameFacts(name, null, [], $"it answers every handshake with alert {flight.Alert}{(flight.Alert == UnrecognizedName && names.Count == 0 ? ": it wants to be asked by a name (\"names\" in ports.allow)" : "")}", []), flight),
            { Answer: HelloAnswer.Silence } => (new NameFacts(name, null, [], "it does not answer a handshake in time", []), flight),
            _ => (new NameFacts(name, null, [], $"no handshake works: {problem}", []), flight),
        };
    }

    const byte UnrecognizedName = 112;

    async Task<ServerFlight> HelloAsync(TlsVersion version, string? name, CancellationToken cancel) => await Conversation.HoldAsync(server, async (stream, limit) =>
    {
        if (requestTls is not null && !await requestTls(stream, limit)) throw new IOException($"{server}: it offered TLS before, and does not now");
        await stream.WriteAsync(ClientHello.Of(version, name), limit);
        return await ServerFlight.ReadAsync(stream, limit);
    }, cancel, patience);

    async Task<IReadOnlyList<OldFacts>> OldAsync(string? name, CancellationToken cancel)
    {
        var old = new List<OldFacts>();
        foreach (var version in new[] { TlsVersion.Tls10, TlsVersion.Tls11 })
            try
            {
                old.Add(Judge(Spell((int)version), await HelloAsync(version, name, cancel)));
            }
            catch (IOException e)
            {
                old.Add(new OldFacts(Spell((int)version), OldAnswer.Unclear, e.Message));
            }
        return old;
    }

    /// <summary>A ServerHello alone may still be taken back: the server agrees when it comes to the end of its flight.</summary>
    static OldFacts Judge(string asked, ServerFlight flight) => flight switch
    {
        { Answer: HelloAnswer.Hello, Version: < (int)TlsVersion.Tls12, IsComplete: true } => new(asked, OldAnswer.Accepted, $"it agrees to {Spell(flight.Version)}"),
        { Answer: HelloAnswer.Hello, Alert: not null } or { Answer: HelloAnswer.Alert } => new(asked, OldAnswer.Refused, $"alert {flight.Alert}"),
        { Answer: HelloAnswer.Hello } => new(asked, OldAnswer.Unclear, $"it agrees to {Spell(flight.Version)} and breaks off"),
        { Answer: HelloAnswer.Closed } => new(asked, OldAnswer.Refused, "it closes the connection"),
        { Answer: HelloAnswer.Silence } => new(asked, OldAnswer.Unclear, "it does not answer in time"),
        _ => new(asked, OldAnswer.Unclear, "it answers with what is not TLS"),
    };

    /// <summary>Null where it does not answer in HTTP, or with the words of a server that wants TLS here.</summary>
    async Task<WireFacts?> PagesAsync(CancellationToken cancel)
    {
        var answers = new List<PageFacts>();
        foreach (var host in names.DefaultIfEmpty($"{(pages.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{pages.Address}]" : pages.Address)}"))
            foreach (var path in Paths)
                try
                {
                    var answer = await Conversation.HoldAsync(pages, (stream, limit) => HttpAnswer.AskAsync(stream, host, path, limit), cancel, patience);
                    if (answer.WantsTls) return null;
                    answers.Add(new PageFacts(host, path, answer.Status, Uri.TryCreate(answer.Location, UriKind.Absolute, out var to) ? to.GetLeftPart(UriPartial.Authority) : null, answer.IsRedirect));
                }
                catch (IOException)
                {
                    if (answers.Count == 0) return null;
                    answers.Add(new PageFacts(host, path, 0, null, false));
                }
        return new WireFacts(Speech.Http, "it speaks HTTP in clear", [], answers);
    }

    static string Spell(int version) => version switch { 0x0300 => "SSL 3.0", 0x0301 => "TLS 1.0", 0x0302 => "TLS 1.1", 0x0303 => "TLS 1.2", _ => $"version {version:x4}" };

    static string Shown(byte[] bytes) => Printable.Clean(Encoding.Latin1.GetString(bytes).TrimEnd(), 40);
}
