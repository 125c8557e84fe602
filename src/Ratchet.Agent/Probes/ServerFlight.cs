using System.Buffers.Binary;

namespace Ratchet.Agent.Probes;

/// <summary>How a server met a ClientHello.</summary>
enum HelloAnswer
{
    /// <summary>ServerHello: it agreed to a version.</summary>
    Hello,

    /// <summary>A fatal alert.</summary>
    Alert,

    /// <summary>Bytes that are not TLS: no TLS server ever sends such.</summary>
    NotTls,

    /// <summary>It closed, without a word.</summary>
    Closed,

    /// <summary>Nothing came in time.</summary>
    Silence,
}

/// <summary>
/// What came back for a ClientHello of TLS 1.2 or older, up to ServerHelloDone (RFC 5246 section 7.3). Up to there all is in clear,
/// the certificates too, so that they are seen also where the server would go on only with a certificate of the client.
/// </summary>
/// <param name="Version">The version in the ServerHello, which may be lower than what was asked for.</param>
/// <param name="IsComplete">It came to ServerHelloDone: with the right key exchange it would go on.</param>
/// <param name="Alert">The number of the alert that ended it (RFC 5246 section 7.2), where one did.</param>
/// <param name="Certificates">DER, the server's own first.</param>
/// <param name="First">The first bytes that it sent, where they are not TLS.</param>
sealed record ServerFlight(HelloAnswer Answer, int Version, bool IsComplete, byte? Alert, IReadOnlyList<byte[]> Certificates, byte[] First)
{
    const byte AlertRecord = 21, HandshakeRecord = 22, Warning = 1, CloseNotify = 0;
    const byte HelloMessage = 2, CertificateMessage = 11, DoneMessage = 14;
    const int HeaderLength = 5, RecordLimit = (16 << 10) + 2048, RecordCount = 64;

    /// <summary>Most bytes of handshake that are taken: OpenSSL's clients take 100 KB of certificates.</summary>
    const int FlightLimit = 128 << 10;

    const int CertificateCount = 20, FirstLength = 64;

    /// <summary>Reads the answer to a ClientHello; what breaks off or ends is an answer too.</summary>
    public static async Task<ServerFlight> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var (reading, header) = (new Reading(), new byte[HeaderLength]);
        try
        {
            for (var record = 0; record < RecordCount; record++)
            {
                var count = await stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancel);
                if (!IsTls(header.AsSpan(0, count))) return reading.Ended(HelloAnswer.NotTls, await FirstAsync(stream, header[..count], cancel));
                if (count < HeaderLength) return reading.Ended(HelloAnswer.Closed);
                var length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3));
                if (length is 0 or > RecordLimit) return reading.Ended(HelloAnswer.NotTls, header);
                var content = new byte[length];
                await stream.ReadExactlyAsync(content, cancel);
                if (reading.Take(header[0], content)) return reading.Ended(HelloAnswer.Closed);
            }
        }
        catch (OperationCanceledException)
        {
            return reading.Ended(HelloAnswer.Silence);
        }
        catch (IOException)
        {
            // Reset, or ended in the middle of a record.
            return reading.Ended(HelloAnswer.Closed);
        }
        return reading.Ended(HelloAnswer.Closed);
    }

    /// <summary>Alert or handshake, of a version 3.x.</summary>
    static bool IsTls(ReadOnlySpan<byte> header) => (header.Length < 1 || header[0] is AlertRecord or HandshakeRecord) && (header.Length < 2 || header[1] == 3);

    static async Task<byte[]> FirstAsync(Stream stream, byte[] start, CancellationToken cancel)
    {
        var first = new byte[FirstLength];
        start.CopyTo(first, 0);
        var more = await stream.ReadAsync(first.AsMemory(start.Length), cancel);
        return first[..(start.Length + more)];
    }

    /// <summary>The flight as far as it has come.</summary>
    sealed class Reading
    {
        readonly List<byte> handshake = [];
        readonly List<byte[]> certificates = [];
        int version;
        bool isComplete;
        byte? alert;

        /// <returns>Whether there is nothing more to come.</returns>
        public bool Take(byte type, byte[] content)
        {
            if (type == AlertRecord)
            {
                // A warning (unrecognized_name) may come before the ServerHello.
                if (content is [Warning, not CloseNotify]) return false;
                alert = content.Length == 2 ? content[1] : null;
                return true;
            }
            if (handshake.Count + content.Length > FlightLimit) return true;
            handshake.AddRange(content);
            while (TakeMessage())
                if (isComplete) return true;
            return false;
        }

        bool TakeMessage()
        {
            const int head = 4;
            if (handshake.Count < head) return false;
            var length = (handshake[1] << 16) | (handshake[2] << 8) | handshake[3];
            if (handshake.Count < head + length) return false;
            var (type, body) = (handshake[0], handshake.GetRange(head, length).ToArray());
            handshake.RemoveRange(0, head + length);
            if (type == HelloMessage && body.Length >= 2) version = BinaryPrimitives.ReadUInt16BigEndian(body);
            else if (type == CertificateMessage && certificates.Count == 0) AddCertificates(body);
            else if (type == DoneMessage) isComplete = version != 0;
            return true;
        }

        /// <summary>A vector of vectors, each length in three bytes.</summary>
        void AddCertificates(ReadOnlySpan<byte> body)
        {
            for (var rest = body.Length > 3 ? body[3..] : []; rest.Length > 3 && certificates.Count < CertificateCount;)
            {
                var length = (rest[0] << 16) | (rest[1] << 8) | rest[2];
                if (length > rest.Length - 3) return;
                certificates.Add(rest.Slice(3, length).ToArray());
                rest = rest[(3 + length)..];
            }
        }

        public ServerFlight Ended(HelloAnswer otherwise, byte[]? first = null) => new(
            version != 0 ? HelloAnswer.Hello : alert is not null ? HelloAnswer.Alert : otherwise, version, isComplete, alert, certificates, first ?? []);
    }
}
