using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Aws;

public sealed class RegionCertificatesTests
{
    static RegionCertificates BuiltIn { get; } = RegionCertificates.Load(new Machine("/", Command.RunAsync), null);

    [Fact]
    public void The_table_is_dated_and_holds_each_region_once()
    {
        Assert.Equal(new DateOnly(2026, 8, 14), BuiltIn.AsOf);
        Assert.Equal(39, BuiltIn.All.Count);
        Assert.Equal(39, BuiltIn.All.Select(entry => entry.Region).Distinct().Count());
        foreach (var region in (string[])["us-east-1", "us-west-2", "eu-central-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1", "mx-central-1"]) Assert.Single(BuiltIn.Of(region));
        Assert.Empty(BuiltIn.Of("us-moon-1"));
    }

    [Fact]
    public void Each_certificate_is_Amazon_s_own_signed_by_itself_with_2048_bits_and_for_long()
    {
        foreach (var (region, der) in BuiltIn.All)
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            using var key = certificate.GetRSAPublicKey()!;
            Assert.Contains("O=Amazon Web Services LLC", certificate.Subject, StringComparison.Ordinal);
            Assert.Equal(certificate.Subject, certificate.Issuer);
            Assert.Equal(2048, key.KeySize);
            Assert.True(certificate.NotAfter.Year > 2190, region);
            var parts = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            var signed = parts.ReadEncodedValue();
            parts.ReadSequence();
            Assert.True(key.VerifyData(signed.Span, parts.ReadBitString(out _), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), region);
        }
    }

    [Fact]
    public void The_certificate_of_us_east_1_is_the_one_that_others_pin() =>
        Assert.Equal("70923C22DD074172D0E5D27EA1CA865412525FCCD8BC2CD0FF40660E275F0B30", Convert.ToHexString(SHA256.HashData(BuiltIn.Of("us-east-1")[0])));

    [Fact]
    public void A_site_s_file_comes_first_and_a_broken_one_names_its_line()
    {
        using var folder = new Folder();
        var signer = new IdentitySigner(folder);
        var own = RegionCertificates.Parse("# a comment\n\n" + signer.Table("us-east-1"), "own.pem").Entries;
        Assert.Equal(signer.Certificate.RawData, Assert.Single(own).Certificate);

        Assert.StartsWith("own.pem:1:", Assert.Throws<FormatException>(() => RegionCertificates.Parse("hello", "own.pem")).Message, StringComparison.Ordinal);
        Assert.Contains("REGION", Assert.Throws<FormatException>(() => RegionCertificates.Parse(signer.Certificate.ExportCertificatePem(), "own.pem")).Message, StringComparison.Ordinal);
        Assert.Contains("no end", Assert.Throws<FormatException>(() => RegionCertificates.Parse("# us-east-1\n-----BEGIN CERTIFICATE-----\nMIID", "own.pem")).Message, StringComparison.Ordinal);
        Assert.Contains("own.pem:4", Assert.Throws<FormatException>(() => RegionCertificates.Parse("# us-east-1\n-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----", "own.pem")).Message, StringComparison.Ordinal);
    }
}
