using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// The certificates that AWS signs identity documents with, by region: <c>regions.pem</c> as it is built in, and the site's own file of
/// the same form, which comes first.
/// </summary>
/// <param name="asOf">The day of the built-in table.</param>
sealed class RegionCertificates(DateOnly asOf, IReadOnlyList<(string Region, byte[] Certificate)> all)
{
    const int FileLimit = 1 << 20, CountLimit = 500;
    const string DayMark = "as of ";

    public DateOnly AsOf => asOf;

    public IReadOnlyList<(string Region, byte[] Certificate)> All => all;

    /// <summary>The certificates (DER) of a region; empty where it is not in the table.</summary>
    public IReadOnlyList<byte[]> Of(string region) => [.. all.Where(entry => entry.Region == region).Select(entry => entry.Certificate)];

    /// <param name="path">The site's own file; null: none.</param>
    /// <exception cref="IOException">A configured file is missing or cannot be read.</exception>
    /// <exception cref="FormatException">A line of it is not of the form.</exception>
    public static RegionCertificates Load(Machine machine, string? path)
    {
        using var stream = typeof(RegionCertificates).Assembly.GetManifestResourceStream("regions.pem")!;
        using var reader = new StreamReader(stream);
        var (day, builtIn) = Parse(reader.ReadToEnd(), "regions.pem");
        if (path is null) return new(day!.Value, builtIn);
        var text = machine.ReadText(path, FileLimit) ?? throw new IOException($"{path} (aws.certificates) is missing");
        return new(day!.Value, [.. Parse(text, path).Entries, .. builtIn]);
    }

    internal static (DateOnly? Day, IReadOnlyList<(string Region, byte[] Certificate)> Entries) Parse(string text, string file)
    {
        var (entries, number, region) = (new List<(string, byte[])>(), 0, (string?)null);
        DateOnly? day = null;
        StringBuilder? pem = null;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.StartsWith('#') && pem is null)
            {
                var comment = line[1..].Trim();
                if (IdentityDocument.IsRegion(comment)) region = comment;
                else if (comment.StartsWith(DayMark, StringComparison.Ordinal) && DateOnly.TryParseExact(comment.AsSpan(DayMark.Length), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var found)) day = found;
                continue;
            }
            if (line.Length == 0) continue;
            if (line == "-----BEGIN CERTIFICATE-----") pem = new StringBuilder();
            if (pem is null) throw new FormatException($"{file}:{number}: expected a line \"# REGION\" and below it a certificate in PEM");
            pem.Append(line).Append('\n');
            if (line != "-----END CERTIFICATE-----") continue;
            if (region is null) throw new FormatException($"{file}:{number}: expected a line \"# REGION\" before the certificate");
            if (entries.Count == CountLimit) throw new FormatException($"{file}:{number}: has more than {CountLimit} certificates");
            entries.Add((region, Decode(pem.ToString(), file, number)));
            (pem, region) = (null, null);
        }
        return pem is null ? (day, entries) : throw new FormatException($"{file}:{number}: the last certificate has no end");
    }

    static byte[] Decode(string pem, string file, int line)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return certificate.RawData;
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"{file}:{line}: the certificate above cannot be read", e);
        }
    }
}
