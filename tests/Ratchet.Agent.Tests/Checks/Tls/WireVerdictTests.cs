using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>What was said, judged: the corners that real servers do not show on demand.</summary>
public sealed class WireVerdictTests
{
    static NameFacts Name(string? name, string? version, params OldFacts[] old) => new(name, version, [], version is null ? "alert 40" : "", old);

    static OldFacts Old(OldAnswer answer) => new("TLS 1.0", answer, "said");

    static Outcome OldRefused(params NameFacts[] names) => TlsServer.Judge(new WireFacts(names.Any(name => name.Version is not null) ? Speech.Tls : Speech.OldTls, "", names, []))[TlsRules.OldRefused].Outcome;

    static PageFacts Page(int status, bool redirects = false) => new("a.example", "/", status, null, redirects);

    static Outcome Redirect(params PageFacts[] pages) => TlsServer.Judge(new WireFacts(Speech.Http, "", [], pages), Wire.Redirect)[TlsRules.RedirectOnly].Outcome;

    [Fact]
    public void One_name_that_is_served_an_old_version_fails_and_one_that_is_unclear_is_unknown()
    {
        Assert.Equal(Outcome.Pass, OldRefused(Name(null, "TLS 1.3", Old(OldAnswer.Refused))));
        Assert.Equal(Outcome.Fail, OldRefused(Name(null, "TLS 1.3", Old(OldAnswer.Refused)), Name("a.example", "TLS 1.3", Old(OldAnswer.Accepted))));
        Assert.Equal(Outcome.Unknown, OldRefused(Name(null, "TLS 1.3", Old(OldAnswer.Refused), Old(OldAnswer.Unclear))));
        Assert.Equal(Outcome.Fail, OldRefused(Name(null, "TLS 1.3", Old(OldAnswer.Unclear), Old(OldAnswer.Accepted))));
        Assert.Equal(Outcome.Unknown, OldRefused(Name(null, "TLS 1.3")));
    }

    [Fact]
    public void A_name_that_gets_no_handshake_is_unknown_and_no_name_that_gets_none_is_fine()
    {
        NameFacts[] nameless = [Name(null, null, Old(OldAnswer.Refused)), Name("a.example", "TLS 1.2", Old(OldAnswer.Refused))];
        NameFacts[] broken = [Name(null, "TLS 1.2", Old(OldAnswer.Refused)), Name("a.example", null, Old(OldAnswer.Refused))];
        Assert.Equal((Outcome.Pass, Outcome.Unknown), (OldRefused(nameless), OldRefused(broken)));
        Assert.Equal(Outcome.Pass, TlsServer.Judge(new WireFacts(Speech.Tls, "", nameless, []))[TlsRules.Spoken].Outcome);
        Assert.Equal(Outcome.Unknown, TlsServer.Judge(new WireFacts(Speech.Tls, "", broken, []))[TlsRules.Spoken].Outcome);
    }

    [Theory]
    [InlineData(301, true, Outcome.Pass)]
    [InlineData(426, false, Outcome.Pass)]
    [InlineData(200, false, Outcome.Fail)]
    [InlineData(404, false, Outcome.Fail)]
    [InlineData(401, false, Outcome.Fail)]
    // A redirect, and not to https.
    [InlineData(302, false, Outcome.Fail)]
    [InlineData(400, false, Outcome.Unknown)]
    // Also what a server without a front page answers for it.
    [InlineData(403, false, Outcome.Unknown)]
    [InlineData(502, false, Outcome.Unknown)]
    [InlineData(0, false, Outcome.Unknown)]
    public void Only_redirects_and_refusals_pass(int status, bool redirects, object outcome) => Assert.Equal((Outcome)outcome, Redirect(Page(301, true), Page(status, redirects)));

    [Fact]
    public void A_page_in_clear_outweighs_a_server_in_trouble() => Assert.Equal(Outcome.Fail, Redirect(Page(502), Page(200)));

    [Fact]
    public void One_cause_is_one_failure()
    {
        var served = new WireFacts(Speech.Http, "", [], [Page(200)]);
        Assert.Equal([TlsRules.Spoken], TlsServer.Judge(served).Values.Where(finding => finding.Outcome == Outcome.Fail).Select(finding => finding.Rule));
        Assert.Equal([TlsRules.RedirectOnly], TlsServer.Judge(served, Wire.Redirect).Values.Where(finding => finding.Outcome == Outcome.Fail).Select(finding => finding.Rule));
    }

    /// <summary>Words on a port of TLS for who came in clear are no page.</summary>
    [Theory]
    [InlineData("400 Bad Request", "<center>The plain HTTP request was sent to HTTPS port</center>", true)]
    [InlineData("400 ", "Bad Request\r\nThis combination of host and port requires TLS.\r\n", true)]
    [InlineData("400 Bad Request", "You're speaking plain HTTP to an SSL-enabled server port.", true)]
    [InlineData("200 OK", "The plain HTTP request was sent to HTTPS port", false)]
    [InlineData("400 Bad Request", "<h1>Invalid header</h1>", false)]
    public void A_server_that_wants_TLS_says_so(string status, string body, bool wants) => Assert.Equal(wants, Ratchet.Agent.Probes.HttpAnswer.Parse(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{body}"))!.WantsTls);

    [Theory]
    [InlineData("HTTP/1.1 301 Moved\r\nServer: x\r\nlocation: HTTPS://a.example/\r\n\r\n", true)]
    [InlineData("HTTP/1.1 301 Moved\r\nLocation: http://a.example/\r\n\r\n", false)]
    [InlineData("HTTP/1.1 301 Moved\r\nLocation: /login\r\n\r\n", false)]
    [InlineData("HTTP/1.1 301 Moved\r\n\r\nLocation: https://in-the-body.example/\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nLocation: https://a.example/\r\n\r\n", false)]
    public void A_redirect_is_one_to_https_in_the_head(string answer, bool redirects) => Assert.Equal(redirects, Ratchet.Agent.Probes.HttpAnswer.Parse(System.Text.Encoding.ASCII.GetBytes(answer))!.IsRedirect);
}
