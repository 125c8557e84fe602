using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>When certificates are judged anew.</summary>
public sealed class CertificateMemoryTests : IDisposable
{
    readonly Folder folder = new();
    readonly HandClock clock = new() { Now = DateTimeOffset.UtcNow };
    readonly CertificateMemory memory;
    readonly TlsSettings settings;
    readonly TlsTarget target = new(TlsServer.NewListener(), null, [], new Approach(Opening.Tls));

    public CertificateMemoryTests()
    {
        settings = new TlsSettings { CertificateAuthority = folder["ca.pem"], Renewal = TimeSpan.FromDays(14) };
        memory = new CertificateMemory(settings);
    }

    public void Dispose() => folder.Dispose();

    Finding Judge(WireFacts facts, TrueTime? time = null)
    {
        var machine = new Machine("/", Command.RunAsync, clock);
        return memory.Judge(target, facts, new CertificateVerdict(settings, machine, time ?? TrueTime.Of(clock.Now)), machine);
    }

    /// <summary>An answer with a certificate that is its own authority and ends after this time.</summary>
    WireFacts Answer(TimeSpan until, bool trusted = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=portal.example", key, HashAlgorithmName.SHA256).CreateSelfSigned(clock.Now.AddDays(-1), clock.Now + until);
        if (trusted) folder.Write("ca.pem", certificate.ExportCertificatePem());
        return new WireFacts(Speech.Tls, "", [new NameFacts(null, "TLS 1.3", [certificate.RawData], "", [])], []);
    }

    [Fact]
    public void The_same_answer_is_judged_once()
    {
        var facts = Answer(TimeSpan.FromDays(60.5));
        var first = Judge(facts);
        Assert.Equal(Outcome.Pass, first.Outcome);
        clock.Now += TimeSpan.FromMinutes(50);
        Assert.Same(first, Judge(facts));
        clock.Now += TimeSpan.FromMinutes(15);
        Assert.NotSame(first, Judge(facts));
    }

    [Fact]
    public void Another_answer_and_another_authority_are_judged_at_once()
    {
        var facts = Answer(TimeSpan.FromDays(60.5));
        Assert.Equal(Outcome.Pass, Judge(facts).Outcome);
        Assert.Equal(Outcome.Fail, Judge(Answer(TimeSpan.FromDays(61), trusted: false)).Outcome);
        Assert.Equal(Outcome.Pass, Judge(facts).Outcome);
        Answer(TimeSpan.FromDays(62));
        Assert.Equal(Outcome.Fail, Judge(facts).Outcome);
        File.Delete(folder["ca.pem"]);
        Assert.Equal(Outcome.Unknown, Judge(facts).Outcome);
    }

    [Fact]
    public void A_date_that_passes_is_seen_in_its_moment()
    {
        var facts = Answer(TimeSpan.FromDays(14) + TimeSpan.FromMinutes(10));
        Assert.Equal(Outcome.Pass, Judge(facts).Outcome);
        clock.Now += TimeSpan.FromMinutes(11);
        Assert.Contains("expires on", Judge(facts).Message, StringComparison.Ordinal);
        clock.Now += TimeSpan.FromDays(14);
        Assert.Contains("expired on", Judge(facts).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_days_that_are_left_are_those_of_now()
    {
        var facts = Answer(TimeSpan.FromDays(60) + TimeSpan.FromMinutes(10));
        Assert.Contains("good for 60 days", Judge(facts).Message, StringComparison.Ordinal);
        clock.Now += TimeSpan.FromMinutes(11);
        Assert.Contains("good for 59 days", Judge(facts).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_is_no_longer_believed_or_is_again_counts()
    {
        var facts = Answer(TimeSpan.FromDays(60.5));
        Assert.Equal(Outcome.Pass, Judge(facts).Outcome);
        Assert.Equal(Outcome.Unknown, Judge(facts, TrueTime.Within(clock.Now, TimeSpan.FromDays(366), "it is not synchronised")).Outcome);
        Assert.Equal(Outcome.Pass, Judge(facts, TrueTime.Within(clock.Now, TimeSpan.FromSeconds(2), "it may be wrong by 2 s")).Outcome);
        Assert.EndsWith("nobody knows", Judge(facts, TrueTime.Of(clock.Now) with { Note = "nobody knows" }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_was_set_back_counts()
    {
        var facts = Answer(TimeSpan.FromDays(60.5));
        Judge(facts);
        clock.Now -= TimeSpan.FromDays(30);
        Assert.Contains("valid only from", Judge(facts).Message, StringComparison.Ordinal);
    }
}
