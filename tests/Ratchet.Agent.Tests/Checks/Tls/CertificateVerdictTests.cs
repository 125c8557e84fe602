using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>Dates, key, name and who vouches.</summary>
public sealed class CertificateVerdictTests : IDisposable
{
    readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    static X509Certificate2 Root(AsymmetricAlgorithm key) => Request("CN=root", key, request => request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true))).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-500), DateTimeOffset.UtcNow.AddDays(500));

    static CertificateRequest Request(string name, AsymmetricAlgorithm key, Action<CertificateRequest> add)
    {
        var request = key is RSA rsa ? new CertificateRequest(name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new CertificateRequest(name, (ECDsa)key, HashAlgorithmName.SHA256);
        add(request);
        return request;
    }

    Finding Judge(AsymmetricAlgorithm key, int from, int until, string[]? asked = null, bool trusted = true, bool configured = true, string usage = "1.3.6.1.5.5.7.3.1", TrueTime? time = null, bool sha1 = false)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Root(rootKey);
        using var other = Root(otherKey);
        var request = Request("CN=portal.example", key, request =>
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("portal.example");
            names.AddDnsName("*.wild.example");
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        });
        using var certificate = request.Create(root.SubjectName, sha1 ? new Sha1Signer(rootKey) : X509SignatureGenerator.CreateForECDsa(rootKey), DateTimeOffset.UtcNow.AddDays(from), DateTimeOffset.UtcNow.AddDays(until), [1, 2, 3]);
        var file = folder.Write("ca.pem", (trusted ? root : other).ExportCertificatePem());
        asked ??= [];
        var names = asked.Prepend(null).Select(name => new NameFacts(name, "TLS 1.3", [certificate.RawData], "", [])).ToList();
        return TlsServer.Judge(new WireFacts(Speech.Tls, "", names, []), settings: new TlsSettings { CertificateAuthority = configured ? file : null }, time: time, names: asked)[TlsRules.CertificateValid];
    }

    /// <summary>As .NET does not sign any more: ecdsa-with-SHA1.</summary>
    sealed class Sha1Signer(ECDsa key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => [0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];

#pragma warning disable CA5350 // That it is weak is what is tested.
        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, DSASignatureFormat.Rfc3279DerSequence);
#pragma warning restore CA5350

        protected override PublicKey BuildPublicKey() => new(key);
    }

    static ECDsa P256 => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Theory]
    [InlineData(-10, 90, Outcome.Pass, "good for 89 days")]
    [InlineData(-10, -1, Outcome.Fail, "expired on")]
    [InlineData(5, 90, Outcome.Fail, "valid only from")]
    [InlineData(-10, 13, Outcome.Fail, "expires on")]
    public void Dates_are_judged_with_the_days_left(int from, int until, object outcome, string message)
    {
        using var key = P256;
        var finding = Judge(key, from, until);
        Assert.Equal((Outcome)outcome, finding.Outcome);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.NotNull(finding.Evidence.ToJson()["days_left"]);
    }

    static TrueTime NotKept => TrueTime.Within(DateTimeOffset.UtcNow, TimeSpan.FromDays(366), "the host's clock is not synchronised (chrony runs and is not synchronised)");

    [Theory]
    [InlineData(-10, 90, Outcome.Unknown, "not synchronised")]
    [InlineData(-10, -1, Outcome.Unknown, "not synchronised")]
    [InlineData(5, 900, Outcome.Unknown, "not synchronised")]
    [InlineData(-490, 370, Outcome.Unknown, "not synchronised")]
    [InlineData(-900, -400, Outcome.Fail, "expired on")]
    [InlineData(400, 900, Outcome.Fail, "valid only from")]
    public void Dates_that_hang_on_a_clock_that_is_not_synchronised_are_unknown(int from, int until, object outcome, string message)
    {
        using var key = P256;
        foreach (var configured in new[] { true, false })
        {
            var finding = Judge(key, from, until, time: NotKept, configured: configured);
            Assert.Equal((Outcome)outcome, finding.Outcome);
            Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_good_or_bad_whatever_the_clock_shows_stays_so()
    {
        using var key = P256;
        // The root is in date for 500 days on either side.
        Assert.Equal(Outcome.Pass, Judge(key, -490, 490, time: NotKept).Outcome);
        Assert.Equal(Outcome.Fail, Judge(key, -10, 90, time: NotKept, trusted: false).Outcome);
        Assert.Equal(Outcome.Fail, Judge(key, -10, 90, ["other.example"], time: NotKept).Outcome);
        using var shortKey = RSA.Create(1024);
        Assert.Equal(Outcome.Fail, Judge(shortKey, -10, 90, time: NotKept).Outcome);
    }

    [Fact]
    public void An_authority_whose_dates_hang_on_the_clock_is_unknown_too()
    {
        using var key = P256;
        var late = TrueTime.Within(DateTimeOffset.UtcNow, TimeSpan.FromDays(600), "the host's clock is not synchronised");
        Assert.Contains("vouched for by another", Judge(key, -700, 700, time: late).Message, StringComparison.Ordinal);
        // By its own word the clock stands after the authority's end.
        var after = TrueTime.Within(DateTimeOffset.UtcNow.AddDays(600), TimeSpan.FromDays(366), "the host's clock is not synchronised");
        Assert.Equal(Outcome.Unknown, Judge(key, 0, 1000, time: after).Outcome);
        Assert.Equal(Outcome.Fail, Judge(key, 0, 1000, time: TrueTime.Of(after.Now)).Outcome);
    }

    [Fact]
    public void Where_nobody_knows_the_clock_the_verdict_says_so()
    {
        using var key = P256;
        var time = TrueTime.Of(DateTimeOffset.UtcNow) with { Note = "; whether the host's clock is right is not known" };
        foreach (var (until, outcome) in new[] { (90, Outcome.Pass), (-1, Outcome.Fail), (13, Outcome.Fail) })
        {
            var finding = Judge(key, -10, until, time: time);
            Assert.Equal(outcome, finding.Outcome);
            Assert.EndsWith(time.Note, finding.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_short_key_fails()
    {
        using var key = RSA.Create(1024);
        Assert.Contains("RSA 1024", Judge(key, -1, 90).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_signed_with_SHA_1_fails()
    {
        using var key = P256;
        Assert.Contains("SHA-1", Judge(key, -1, 90, sha1: true).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_names_the_name_is_not_judged_and_the_verdict_says_so()
    {
        using var key = P256;
        Assert.Contains("its name is not judged without names in ports.allow", Judge(key, -1, 90).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("its name", Judge(key, -1, 90, ["portal.example"]).Message, StringComparison.Ordinal);
    }

    /// <summary>Clients do not look for what is missing, and neither does the agent.</summary>
    [Fact]
    public void A_server_that_does_not_show_who_stands_between_it_and_the_authority_fails()
    {
        using var rootKey = P256;
        using var root = Root(rootKey);
        using var middleKey = P256;
        using var middle = Request("CN=middle", middleKey, request => request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true)))
            .Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(100), [7]);
        using var key = P256;
        using var leaf = Request("CN=portal.example", key, _ => { }).Create(middle.SubjectName, X509SignatureGenerator.CreateForECDsa(middleKey), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90), [8]);
        var settings = new TlsSettings { CertificateAuthority = folder.Write("ca.pem", root.ExportCertificatePem()) };
        Finding Of(params X509Certificate2[] shown) => TlsServer.Judge(new WireFacts(Speech.Tls, "", [new NameFacts(null, "TLS 1.3", [.. shown.Select(one => one.RawData)], "", [])], []), settings: settings)[TlsRules.CertificateValid];
        Assert.Contains("PartialChain", Of(leaf).Message, StringComparison.Ordinal);
        Assert.Equal(Outcome.Fail, Of(leaf).Outcome);
        Assert.Equal(Outcome.Pass, Of(leaf, middle).Outcome);
        Assert.Equal(Outcome.Pass, Of(leaf, root, middle).Outcome);
    }

    /// <summary>A certificate may name where its issuer, and what was revoked, can be fetched: whoever made it would have the agent call him.</summary>
    [Fact]
    public void Nothing_that_a_certificate_names_is_fetched()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}/x";
        using var issuerKey = P256;
        using var key = P256;
        using var leaf = Request("CN=portal.example", key, request =>
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([address], [address]));
            request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([address]));
        }).Create(new X500DistinguishedName("CN=nobody knows"), X509SignatureGenerator.CreateForECDsa(issuerKey), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90), [9]);
        using var other = Root(issuerKey);
        var facts = new WireFacts(Speech.Tls, "", [new NameFacts(null, "TLS 1.3", [leaf.RawData], "", [])], []);
        Assert.Equal(Outcome.Fail, TlsServer.Judge(facts, settings: new TlsSettings { CertificateAuthority = folder.Write("ca.pem", other.ExportCertificatePem()) })[TlsRules.CertificateValid].Outcome);
        Assert.False(listener.Pending());
    }

    [Theory]
    [InlineData("portal.example", Outcome.Pass)]
    [InlineData("a.wild.example", Outcome.Pass)]
    [InlineData("other.example", Outcome.Fail)]
    public void The_name_that_clients_ask_for_must_stand_in_it(string name, object outcome)
    {
        using var key = P256;
        Assert.Equal((Outcome)outcome, Judge(key, -1, 90, [name]).Outcome);
    }

    [Fact]
    public void Who_vouches_is_unknown_without_an_authority_and_fails_with_another()
    {
        using var key = P256;
        Assert.Equal(Outcome.Unknown, Judge(key, -1, 90, configured: false).Outcome);
        Assert.Equal(Outcome.Fail, Judge(key, -1, 90, trusted: false).Outcome);
        // What is wrong with it by itself is wrong whoever vouches.
        Assert.Equal(Outcome.Fail, Judge(key, -10, -1, configured: false).Outcome);
    }

    [Fact]
    [Shows("tls.certificate-valid", Outcome.Fail)]
    public void A_certificate_for_clients_is_none_for_a_server()
    {
        using var key = P256;
        Assert.Equal(Outcome.Fail, Judge(key, -1, 90, usage: "1.3.6.1.5.5.7.3.2").Outcome);
    }

    [Fact]
    public void An_authority_that_is_missing_and_a_certificate_that_is_none_are_unknown()
    {
        static Outcome Of(byte[] bytes, string authority) =>
            TlsServer.Judge(new WireFacts(Speech.Tls, "", [new NameFacts(null, "TLS 1.3", [bytes], "", [])], []), settings: new TlsSettings { CertificateAuthority = authority })[TlsRules.CertificateValid].Outcome;
        using var key = P256;
        using var good = Root(key);
        Assert.Equal(Outcome.Unknown, Of(good.RawData, "/nowhere/ca.pem"));
        Assert.Equal(Outcome.Unknown, Of(good.RawData, folder.Write("empty.pem", "")));
        Assert.Equal(Outcome.Unknown, Of([0x30, 0x82, 1], folder["empty.pem"]));
    }
}
