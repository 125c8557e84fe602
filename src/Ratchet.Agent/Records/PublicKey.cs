using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ratchet.Agent.Records;

/// <summary>A public P-256 key as JSON Web Key (RFC 7517), with the host that it may speak for.</summary>
/// <param name="NotBefore">The first second of which it may speak, since 1970; null: any.</param>
/// <param name="Expires">The first second of which it may no longer speak, since 1970; null: none.</param>
/// <param name="Used">When it was believed: written into the archive of all keys, and into no other set.</param>
sealed record PublicKey(
    [property: JsonPropertyName("kty")] string Type,
    [property: JsonPropertyName("crv")] string Curve,
    [property: JsonPropertyName("x")] string X,
    [property: JsonPropertyName("y")] string Y,
    [property: JsonPropertyName("kid")] string? Id = null,
    [property: JsonPropertyName("use")] string? Use = null,
    [property: JsonPropertyName("alg")] string? Algorithm = null,
    [property: JsonPropertyName("host")] string? Host = null,
    [property: JsonPropertyName("nbf")] long? NotBefore = null,
    [property: JsonPropertyName("exp")] long? Expires = null,
    [property: JsonPropertyName("used")] IReadOnlyList<KeyUse>? Used = null)
{
    public static PublicKey Of(ECDsa key, string? host = null)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        var bare = new PublicKey("EC", "P-256", x, y);
        return bare with { Id = bare.Thumbprint, Use = "sig", Algorithm = "ES256", Host = host };
    }

    /// <summary>RFC 7638: the SHA-256 of the required members, in lexical order, without white space.</summary>
    [JsonIgnore]
    public string Thumbprint => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(
        $$"""{"crv":"{{Curve}}","kty":"{{Type}}","x":"{{X}}","y":"{{Y}}"}""")));

    /// <exception cref="FormatException">It is not a P-256 key, or its coordinates are no point of the curve.</exception>
    public ECDsaOpenSsl ToEcdsa()
    {
        if (Type != "EC" || Curve != "P-256") throw new FormatException($"expected kty EC and crv P-256, found {Type} and {Curve}");
        try
        {
            var point = new ECPoint { X = Base64Url.DecodeFromChars(X), Y = Base64Url.DecodeFromChars(Y) };
            var key = new ECDsaOpenSsl();
            key.ImportParameters(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
            return key;
        }
        catch (CryptographicException e)
        {
            throw new FormatException("x and y are not a point of P-256", e);
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, RecordJson.Default.PublicKey);
}

/// <summary>A time in which a key was believed.</summary>
/// <param name="Until">Null while it is.</param>
sealed record KeyUse([property: JsonPropertyName("until")] DateTimeOffset? Until = null);

sealed record JsonWebKeySet([property: JsonPropertyName("keys")] IReadOnlyList<PublicKey> Keys);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(PublicKey))]
[JsonSerializable(typeof(JsonWebKeySet))]
[JsonSerializable(typeof(ChainHead))]
sealed partial class RecordJson : JsonSerializerContext;
