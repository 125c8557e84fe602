using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// A document inside its signature: SignedData of the Cryptographic Message Syntax (RFC 5652), with one signer, SHA-256 and RSA, as
/// <c>/latest/dynamic/instance-identity/rsa2048</c> answers. Certificates inside it are not looked at: who signed is decided by those
/// that the caller trusts.
/// </summary>
/// <param name="Content">The document, byte for byte.</param>
/// <param name="Serial">The serial number that the signer says his certificate has, as hexadecimal digits.</param>
sealed record SignedDocument(byte[] Content, string Serial, byte[] SignedBytes, byte[] Signature)
{
    const string SignedDataType = "1.2.840.113549.1.7.2", DataType = "1.2.840.113549.1.7.1";
    const string MessageDigest = "1.2.840.113549.1.9.4", ContentType = "1.2.840.113549.1.9.3";
    const string Sha256 = "2.16.840.1.101.3.4.2.1", Rsa = "1.2.840.113549.1.1.1", RsaSha256 = "1.2.840.113549.1.1.11";
    const int LeastBits = 2048;

    static readonly Asn1Tag Explicit0 = new(TagClass.ContextSpecific, 0, isConstructed: true), Explicit1 = new(TagClass.ContextSpecific, 1, isConstructed: true);

    /// <param name="base64">With or without line breaks.</param>
    /// <exception cref="FormatException">It is not such a document, or says itself that its digest is another.</exception>
    public static SignedDocument Parse(string base64)
    {
        try
        {
            return Read(Convert.FromBase64String(base64));
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            throw new FormatException("the signed identity document is no SignedData (RFC 5652)", e);
        }
    }

    /// <summary>Whether the certificate's key made the signature.</summary>
    public bool IsSignedBy(X509Certificate2 certificate)
    {
        using var key = certificate.GetRSAPublicKey();
        return key is { KeySize: >= LeastBits } && key.VerifyData(SignedBytes, Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    static SignedDocument Read(byte[] bytes)
    {
        // AWS writes it with lengths that are not known beforehand: BER, not DER.
        var info = new AsnReader(bytes, AsnEncodingRules.BER).ReadSequence();
        Expect(info.ReadObjectIdentifier(), SignedDataType);
        var data = info.ReadSequence(Explicit0).ReadSequence();
        data.ReadInteger();
        data.ReadSetOf(skipSortOrderValidation: true);
        var encapsulated = data.ReadSequence();
        Expect(encapsulated.ReadObjectIdentifier(), DataType);
        var content = encapsulated.ReadSequence(Explicit0).ReadOctetString();
        while (data.HasData && data.PeekTag() is var tag && (tag.HasSameClassAndValue(Explicit0) || tag.HasSameClassAndValue(Explicit1))) data.ReadEncodedValue();
        var signers = data.ReadSetOf(skipSortOrderValidation: true);
        var signer = signers.ReadSequence();
        if (signers.HasData) throw new FormatException("the signed identity document has several signers");
        return ReadSigner(signer, content);
    }

    static SignedDocument ReadSigner(AsnReader signer, byte[] content)
    {
        signer.ReadInteger();
        var issuer = signer.ReadSequence();
        issuer.ReadEncodedValue();
        var serial = Convert.ToHexString(issuer.ReadIntegerBytes().Span).TrimStart('0');
        Expect(signer.ReadSequence().ReadObjectIdentifier(), Sha256);
        var signed = content;
        if (signer.PeekTag().HasSameClassAndValue(Explicit0)) signed = Attributes(signer.ReadSetOf(skipSortOrderValidation: true, Explicit0), content);
        if (signer.ReadSequence().ReadObjectIdentifier() is not (Rsa or RsaSha256)) throw new FormatException("the identity document is not signed by RSA with SHA-256");
        return new SignedDocument(content, serial, signed, signer.ReadOctetString());
    }

    /// <summary>Attributes are signed in place of the content, in DER, as a SET (RFC 5652, 5.4); the digest among them ties them to it.</summary>
    static byte[] Attributes(AsnReader attributes, byte[] content)
    {
        var (writer, isTied) = (new AsnWriter(AsnEncodingRules.DER), false);
        using (writer.PushSetOf())
            while (attributes.HasData)
            {
                var encoded = attributes.ReadEncodedValue();
                writer.WriteEncodedValue(encoded.Span);
                var attribute = new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence();
                var (type, values) = (attribute.ReadObjectIdentifier(), attribute.ReadSetOf());
                if (type == ContentType) Expect(values.ReadObjectIdentifier(), DataType);
                if (type != MessageDigest) continue;
                if (isTied || !CryptographicOperations.FixedTimeEquals(values.ReadOctetString(), SHA256.HashData(content))) throw new FormatException("the digest in the signed identity document is of another document");
                isTied = true;
            }
        return isTied ? writer.Encode() : throw new FormatException("the signed identity document has no digest");
    }

    static void Expect(string found, string expected)
    {
        if (found != expected) throw new FormatException($"the signed identity document has {found} where {expected} is expected");
    }
}
