using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>Credentials of a role, as the metadata service lends them.</summary>
sealed record RoleCredentials(string KeyId, string Secret, string? SessionToken);

/// <summary>
/// AWS Signature Version 4, for requests whose path and query are canonical as they are (those of the EC2 query API: path <c>/</c>,
/// no query). Tried with the vectors that AWS publishes.
/// </summary>
static class SignatureV4
{
    const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>The value of the header Authorization.</summary>
    /// <param name="headers">All that are signed: host and x-amz-date among them, and x-amz-security-token where there is one.</param>
    /// <param name="time">The same moment as x-amz-date.</param>
    public static string Sign(RoleCredentials credentials, string region, string service, DateTimeOffset time, string method, string path, string query, IReadOnlyDictionary<string, string> headers, string body)
    {
        var sorted = headers.Select(header => (Name: header.Key.ToLowerInvariant(), Value: header.Value.Trim())).OrderBy(header => header.Name, StringComparer.Ordinal).ToArray();
        var names = string.Join(';', sorted.Select(header => header.Name));
        var canonical = string.Join('\n', [method, path, query, .. sorted.Select(header => $"{header.Name}:{header.Value}"), "", names, Hash(body)]);
        var (day, scope) = ($"{time.UtcDateTime:yyyyMMdd}", $"{time.UtcDateTime:yyyyMMdd}/{region}/{service}/aws4_request");
        var key = new[] { day, region, service, "aws4_request" }.Aggregate(Encoding.UTF8.GetBytes("AWS4" + credentials.Secret), Hmac);
        var signature = Convert.ToHexStringLower(Hmac(key, string.Join('\n', Algorithm, Stamp(time), scope, Hash(canonical))));
        return $"{Algorithm} Credential={credentials.KeyId}/{scope}, SignedHeaders={names}, Signature={signature}";
    }

    /// <summary>The form of x-amz-date.</summary>
    public static string Stamp(DateTimeOffset time) => $"{time.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}";

    static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
