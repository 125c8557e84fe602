using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

/// <summary>The certificate that is served, and the one that the next reload takes.</summary>
public sealed class TlsVerdictTests
{
    static (byte[] Bytes, string Pem) Certificate(int days, int keySize = 2048)
    {
        using var key = RSA.Create(keySize);
        using var certificate = new CertificateRequest("CN=db01", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-900), DateTimeOffset.UtcNow.AddDays(days));
        return (certificate.RawData, certificate.ExportCertificatePem());
    }

    static async Task<Finding> JudgeAsync((byte[] Bytes, string Pem) served, (byte[] Bytes, string Pem) onDisk, bool running = true)
    {
        using var host = new PostgresHost();
        host.Tree.File("/etc/ssl/pg.pem", onDisk.Pem);
        return await new TlsVerdicts(host.Facts(served.Bytes, running)).CertificateAsync();
    }

    [Theory]
    [InlineData(100, 100, Outcome.Pass)]
    [InlineData(-1, 100, Outcome.Fail)]
    [InlineData(100, -1, Outcome.Fail)]
    [InlineData(13, 100, Outcome.Fail)]
    public async Task What_is_served_and_what_will_be_must_both_be_good(int served, int onDisk, object outcome) =>
        Assert.Equal((Outcome)outcome, (await JudgeAsync(Certificate(served), Certificate(onDisk))).Outcome);

    [Fact]
    public async Task A_short_key_fails() => Assert.Contains("RSA 1024", (await JudgeAsync(Certificate(100, 1024), Certificate(100))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_stopped_server_is_judged_by_its_file() => Assert.Equal(Outcome.Fail, (await JudgeAsync(Certificate(100), Certificate(-1), running: false)).Outcome);

    [Fact]
    public async Task The_certificate_of_the_package_fails()
    {
        using var host = new PostgresHost();
        var own = Certificate(1000);
        host.Tree.File("/etc/ssl/pg.pem", own.Pem).File("/etc/ssl/certs/ssl-cert-snakeoil.pem", own.Pem);
        Assert.Contains("ssl-cert", (await new TlsVerdicts(host.Facts(own.Bytes)).CertificateAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_certificate_throws()
    {
        using var host = new PostgresHost();
        host.Tree.File("/etc/ssl/pg.pem", "rubbish");
        await Assert.ThrowsAsync<IOException>(() => new TlsVerdicts(host.Facts(Certificate(100).Bytes)).CertificateAsync());
    }

    [Fact]
    public async Task A_listener_that_refuses_TLS_fails_and_one_that_offers_it_passes()
    {
        using var host = new PostgresHost();
        Assert.Equal(Outcome.Fail, (await new TlsVerdicts(host.Facts(null)).OnAsync()).Outcome);
        Assert.Equal(Outcome.Pass, (await new TlsVerdicts(host.Facts(Certificate(100).Bytes)).OnAsync()).Outcome);
    }

    [Theory]
    [InlineData("TLSv1.2", Outcome.Pass)]
    [InlineData("TLSv1.3", Outcome.Pass)]
    [InlineData("TLSv1", Outcome.Fail)]
    [InlineData("", Outcome.Fail)]
    public async Task Old_versions_fail(string lowest, object outcome)
    {
        using var host = new PostgresHost().Set("ssl_min_protocol_version", lowest);
        var own = Certificate(100);
        host.Tree.File("/etc/ssl/pg.pem", own.Pem);
        Assert.Equal((Outcome)outcome, (await new TlsVerdicts(host.Facts(own.Bytes)).VersionAsync()).Outcome);
    }

    [Fact]
    public async Task A_server_that_could_not_take_its_TLS_settings_is_found_by_the_certificate_that_it_serves()
    {
        using var host = new PostgresHost();
        host.Tree.File("/etc/ssl/pg.pem", Certificate(100).Pem);
        var facts = host.Facts(Certificate(50).Bytes);
        Assert.Equal(Outcome.Unknown, (await new TlsVerdicts(facts).VersionAsync()).Outcome);
        Assert.Equal(Outcome.Fail, (await new SettingVerdicts(facts).AppliedAsync(new TlsVerdicts(facts))).Outcome);
    }
}
