using System.Text;

namespace Ratchet.Agent.Probes;

/// <summary>Asks a mail server for TLS (SMTP, RFC 5321; STARTTLS, RFC 3207). No mail is offered, and nobody logs in.</summary>
static class SmtpHandshake
{
    const int LineLimit = 2048, LineCount = 100;

    /// <summary>Whether a greeting is that of a mail server, not of FTP, which begins with 220 too.</summary>
    public static bool IsGreeting(ReadOnlySpan<byte> greeting) =>
        greeting.StartsWith("220"u8) && Encoding.Latin1.GetString(greeting).Contains("SMTP", StringComparison.OrdinalIgnoreCase);

    /// <summary>From the greeting on. Whether the server goes on in TLS: then the handshake comes next on the same connection.</summary>
    /// <exception cref="IOException">It does not speak SMTP, or says something that is neither yes nor no.</exception>
    public static async Task<bool> RequestTlsAsync(Stream stream, CancellationToken cancel)
    {
        Expect(await ReplyAsync(stream, cancel), "220", "its greeting");
        await stream.WriteAsync("EHLO localhost\r\n"u8.ToArray(), cancel);
        var offer = await ReplyAsync(stream, cancel);
        Expect(offer, "250", "the answer to EHLO");
        if (!offer.Any(line => line.Length >= 4 && line.AsSpan(4).Trim().Equals("STARTTLS", StringComparison.OrdinalIgnoreCase)))
        {
            await stream.WriteAsync("QUIT\r\n"u8.ToArray(), cancel);
            return false;
        }
        await stream.WriteAsync("STARTTLS\r\n"u8.ToArray(), cancel);
        Expect(await ReplyAsync(stream, cancel), "220", "the answer to STARTTLS");
        return true;
    }

    /// <summary>The lines of one reply: all but the last have a hyphen after the number.</summary>
    static async Task<IReadOnlyList<string>> ReplyAsync(Stream stream, CancellationToken cancel)
    {
        var lines = new List<string>();
        do
        {
            if (lines.Count == LineCount) throw new IOException("its reply has no end");
            lines.Add(Encoding.Latin1.GetString(await Conversation.ReadLineAsync(stream, LineLimit, cancel)).TrimEnd('\r'));
        }
        while (lines[^1] is [_, _, _, '-', ..]);
        return lines;
    }

    static void Expect(IReadOnlyList<string> reply, string number, string what)
    {
        if (!reply[^1].StartsWith(number, StringComparison.Ordinal)) throw new IOException($"{what} is not {number}: it does not speak SMTP, or not to us");
    }
}
