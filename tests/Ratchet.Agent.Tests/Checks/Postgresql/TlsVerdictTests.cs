using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Tests.Fixtures;

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

    static async Task<Finding> JudgeAsync((byte[] Bytes, string Pem) served, (byte[] Bytes, string Pem) onDisk, bool running = true, TrueTime? time = null)
    {
        using var host = new PostgresHost();
        host.Tree.File("/etc/ssl/pg.pem", onDisk.Pem);
        return (await new TlsVerdicts(host.Facts(served.Bytes, running, time)).CertificateAsync()).Note();
    }

    [Fact]
    [Shows("postgresql.certificate-valid", Outcome.Pass, Outcome.Fail)]
    public async Task What_is_served_and_what_will_be_must_both_be_good()
    {
        foreach (var (served, onDisk, outcome) in new[] { (100, 100, Outcome.Pass), (-1, 100, Outcome.Fail), (100, -1, Outcome.Fail), (13, 100, Outcome.Fail) })
            Assert.Equal(outcome, (await JudgeAsync(Certificate(served), Certificate(onDisk))).Outcome);
    }

    [Theory]
    [InlineData(100, 100, Outcome.Unknown)]
    [InlineData(500, 500, Outcome.Pass)]
    [InlineData(500, 100, Outcome.Unknown)]
    [InlineData(500, -10, Outcome.Unknown)]
    [InlineData(-400, 500, Outcome.Fail)]
    [InlineData(500, -400, Outcome.Fail)]
    public async Task Dates_that_hang_on_a_clock_that_is_not_synchronised_are_unknown(int served, int onDisk, object outcome)
    {
        var finding = await JudgeAsync(Certificate(served), Certificate(onDisk), time: TrueTime.Within(DateTimeOffset.UtcNow, TimeSpan.FromDays(366), "the host's clock is not synchronised"));
        Assert.Equal((Outcome)outcome, finding.Outcome);
        if (finding.Outcome == Outcome.Unknown) Assert.Contains("not synchronised", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_knows_the_clock_the_verdict_says_so() =>
        Assert.EndsWith("nobody knows", (await JudgeAsync(Certificate(100), Certificate(100), time: TrueTime.Of(DateTimeOffset.UtcNow) with { Note = "; nobody knows" })).Message, StringComparison.Ordinal);

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
    [Shows("postgresql.tls-on", Outcome.Pass, Outcome.Fail)]
    public async Task A_listener_that_refuses_TLS_fails_and_one_that_offers_it_passes()
    {
        using var host = new PostgresHost();
        Assert.Equal(Outcome.Fail, (await new TlsVerdicts(host.Facts(null)).OnAsync()).Note().Outcome);
        Assert.Equal(Outcome.Pass, (await new TlsVerdicts(host.Facts(Certificate(100).Bytes)).OnAsync()).Note().Outcome);
    }

    [Fact]
    [Shows("postgresql.tls-version", Outcome.Pass, Outcome.Fail)]
    public async Task Old_versions_fail()
    {
        using var host = new PostgresHost();
        var own = Certificate(100);
        host.Tree.File("/etc/ssl/pg.pem", own.Pem);
        foreach (var (lowest, outcome) in new[] { ("TLSv1.2", Outcome.Pass), ("TLSv1.3", Outcome.Pass), ("TLSv1", Outcome.Fail), ("", Outcome.Fail) })
            Assert.Equal(outcome, (await new TlsVerdicts(host.Set("ssl_min_protocol_version", lowest).Facts(own.Bytes)).VersionAsync()).Note().Outcome);
    }

    [Fact]
    [Shows("postgresql.config-applied", Outcome.Pass)]
    public async Task A_server_that_serves_the_certificate_of_its_file_has_taken_its_files()
    {
        using var host = new PostgresHost();
        var own = Certificate(100);
        host.Tree.File("/etc/ssl/pg.pem", own.Pem);
        var facts = host.Facts(own.Bytes);
        Assert.Equal(Outcome.Pass, (await new SettingVerdicts(facts).AppliedAsync(new TlsVerdicts(facts))).Note().Outcome);
    }

    [Theory]
    [InlineData("ssl_ca_file")]
    [InlineData("ssl_crl_file")]
    [InlineData("ssl_dh_params_file")]
    public async Task A_file_of_TLS_that_may_not_have_been_loaded_leaves_the_settings_unknown(string name)
    {
        using var host = new PostgresHost();
        var own = Certificate(100);
        host.Tree.File("/etc/ssl/pg.pem", own.Pem).File("/etc/ssl/named", "");
        Assert.Equal((Outcome.Unknown, Outcome.Unknown), await Judge("/etc/ssl/nowhere"));
        Assert.Equal((Outcome.Pass, Outcome.Pass), await Judge("/etc/ssl/named"));
        File.SetLastWriteTimeUtc(host.Tree.Path("/etc/ssl/named"), host.Clock.Now.UtcDateTime.AddSeconds(1));
        Assert.Equal((Outcome.Unknown, Outcome.Unknown), await Judge("/etc/ssl/named"));

        async Task<(Outcome, Outcome)> Judge(string path)
        {
            var facts = host.Set(name, path).Facts(own.Bytes);
            return ((await new TlsVerdicts(facts).VersionAsync()).Outcome, (await new SettingVerdicts(facts).AppliedAsync(new TlsVerdicts(facts))).Outcome);
        }
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
