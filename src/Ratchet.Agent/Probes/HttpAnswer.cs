using System.Globalization;
using System.Text;

namespace Ratchet.Agent.Probes;

/// <summary>The head of an answer to a GET in clear (RFC 9112).</summary>
/// <param name="Location">Where it sends the client; null where it does not say.</param>
/// <param name="WantsTls">It says that this port speaks TLS: the words of nginx, Apache and Tomcat for HTTP that came in clear.</param>
sealed record HttpAnswer(int Status, string? Location, bool WantsTls)
{
    const int Limit = 16 << 10;

    /// <summary>Asks for a path, without a body, cookies or credentials.</summary>
    /// <exception cref="IOException">The answer is not HTTP.</exception>
    public static async Task<HttpAnswer> AskAsync(Stream stream, string host, string path, CancellationToken cancel)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: ratchet-agent\r\nAccept: */*\r\nConnection: close\r\n\r\n"), cancel);
        var (bytes, length) = (new byte[Limit], 0);
        try
        {
            while (length < Limit && await stream.ReadAsync(bytes.AsMemory(length), cancel) is > 0 and var count) length += count;
        }
        catch (OperationCanceledException) when (HasHead(bytes.AsSpan(0, length)))
        {
            // The head is there; the body may take its time.
        }
        return Parse(bytes.AsSpan(0, length)) ?? throw new IOException("it does not answer in HTTP");
    }

    static bool HasHead(ReadOnlySpan<byte> bytes) => bytes.IndexOf("\r\n\r\n"u8) >= 0;

    /// <summary>Null where it is not the head of an HTTP answer. The body is looked at for one thing, and not kept.</summary>
    internal static HttpAnswer? Parse(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        var lines = text.Split('\n');
        var words = lines[0].TrimEnd('\r').Split(' ', 3);
        if (words.Length < 2 || !words[0].StartsWith("HTTP/", StringComparison.Ordinal)) return null;
        if (words[1].Length != 3 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status)) return null;
        string? location = null;
        foreach (var line in lines.Skip(1).TakeWhile(line => line.TrimEnd('\r').Length > 0))
            if (line.StartsWith("Location:", StringComparison.OrdinalIgnoreCase)) location ??= line["Location:".Length..].Trim();
        return new HttpAnswer(status, location, status == 400 && WordsForTls.Any(word => text.Contains(word, StringComparison.Ordinal)));
    }

    static readonly string[] WordsForTls =
    [
        "The plain HTTP request was sent to HTTPS port", "This combination of host and port requires TLS", "speaking plain HTTP to an SSL-enabled server port", "Client sent an HTTP request to an HTTPS server",
    ];

    /// <summary>It sends the client to https, and gives nothing else.</summary>
    public bool IsRedirect => Status is 301 or 302 or 303 or 307 or 308 && Location?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true;
}
