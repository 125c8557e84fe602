using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Postgresql;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>Real servers, asked over real sockets: openssl, nginx, PostgreSQL, a JVM's debugger.</summary>
public sealed class RealServerTests : IDisposable
{
    const string Openssl = "/usr/bin/openssl", Nginx = "/usr/sbin/nginx";

    readonly Folder folder = new();
    readonly Authority authority;
    readonly (string Certificate, string Key) identity;

    public RealServerTests()
    {
        authority = new Authority(folder, "site");
        identity = authority.Server("portal.example");
    }

    public void Dispose() => folder.Dispose();

    // The test's certificates live for a day.
    TlsSettings Trusting => new() { CertificateAuthority = authority.File, Renewal = TimeSpan.FromHours(1) };

    [NeedsProgramTheory(Openssl)]
    [InlineData("TLS 1.3")]
    [InlineData("TLS 1.2", "-no_tls1_3")]
    // It ends the platform's handshake of TLS 1.2 before its certificate is seen.
    [InlineData("TLS 1.2", "-no_tls1_3", "-Verify", "1", "-verify_return_error")]
    [InlineData("TLS 1.3", "-Verify", "1", "-verify_return_error")]
    // A suite that the platform does not offer.
    [InlineData("TLS 1.2", "-no_tls1_3", "-cipher", "ECDHE-ECDSA-AES256-SHA")]
    public async Task A_server_of_today_passes(string version, params string[] options)
    {
        using var server = await TlsServer.OpensslAsync(identity, options);
        var facts = await TlsServer.AskAsync(server.Port, Opening.Tls, "portal.example");
        Assert.All(facts.Names, name => Assert.Equal(version, name.Version));
        var verdicts = TlsServer.Judge(facts, settings: Trusting, names: "portal.example");
        Assert.All(verdicts.Values, finding => Assert.True(finding.Outcome == Outcome.Pass, $"{finding.Rule.Id}: {finding.Message}"));
        Assert.Equal(3, verdicts.Count);
    }

    [NeedsProgramTheory(Openssl)]
    [InlineData("-min_protocol", "TLSv1")]
    [InlineData("-min_protocol", "TLSv1.1")]
    public async Task A_server_that_still_speaks_old_versions_fails(params string[] options)
    {
        using var server = await TlsServer.OpensslAsync(identity, [.. options, "-cipher", "ALL@SECLEVEL=0"]);
        var verdicts = TlsServer.Judge(await TlsServer.AskAsync(server.Port));
        Assert.Equal(Outcome.Pass, verdicts[TlsRules.Spoken].Outcome);
        Assert.Equal(Outcome.Fail, verdicts[TlsRules.OldRefused].Outcome);
    }

    /// <summary>A server that has one suite alone: a hello without it would look like a version that is refused.</summary>
    [NeedsProgramTheory(Openssl)]
    [InlineData("AES128-SHA", "rsa")]
    [InlineData("DHE-RSA-AES256-SHA", "rsa")]
    [InlineData("ECDHE-RSA-AES128-SHA", "rsa")]
    [InlineData("ECDHE-ECDSA-AES128-SHA", "ec")]
    public async Task An_old_version_is_found_whatever_suite_the_server_has(string suite, string kind)
    {
        using var key = System.Security.Cryptography.RSA.Create(2048);
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=portal.example", key, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var rsa = (folder.Write("rsa.pem", certificate.ExportCertificatePem()), folder.Write("rsa.key", key.ExportPkcs8PrivateKeyPem()));
        using var server = await TlsServer.OpensslAsync(kind == "rsa" ? rsa : identity, "-tls1", "-cipher", suite + "@SECLEVEL=0");
        Assert.Equal(Outcome.Fail, TlsServer.Judge(await TlsServer.AskAsync(server.Port))[TlsRules.OldRefused].Outcome);
    }

    [NeedsProgramFact(Openssl)]
    [Shows("tls.spoken", Outcome.Fail)]
    [Shows("tls.old-refused", Outcome.Fail)]
    public async Task A_server_that_speaks_nothing_newer_fails_both()
    {
        using var server = await TlsServer.OpensslAsync(identity, "-tls1", "-cipher", "ALL@SECLEVEL=0");
        var facts = await TlsServer.AskAsync(server.Port);
        Assert.Equal(Speech.OldTls, facts.Speech);
        var verdicts = TlsServer.Judge(facts);
        Assert.Equal((Outcome.Fail, Outcome.Fail), (verdicts[TlsRules.Spoken].Outcome, verdicts[TlsRules.OldRefused].Outcome));
    }

    [NeedsProgramFact(Openssl)]
    public async Task Where_no_version_works_a_refusal_proves_nothing()
    {
        using var server = await TlsServer.OpensslAsync(identity, "-tls1", "-cipher", "ALL@SECLEVEL=2");
        var verdicts = TlsServer.Judge(await TlsServer.AskAsync(server.Port));
        Assert.All(verdicts.Values, finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
    }

    [NeedsProgramTheory(Nginx)]
    [InlineData("listen 127.0.0.2:NUMBER0 ssl; ssl_protocols TLSv1 TLSv1.2;", Outcome.Pass, Outcome.Fail, "at 127.0.0.2:")]
    [InlineData("listen 127.0.0.2:NUMBER0;", Outcome.Fail, Outcome.NotApplicable, "HTTP in clear")]
    // Another address than the one that is looked at.
    [InlineData("listen 127.0.0.3:NUMBER0 ssl; ssl_protocols TLSv1 TLSv1.2;", Outcome.Pass, Outcome.Pass, "neither")]
    internal async Task One_socket_may_serve_another_server_by_the_address_that_is_called(string other, Outcome spoken, Outcome old, string words)
    {
        var stranger = authority.Server("other.example");
        var (server, ports) = await TlsServer.NginxAsync(folder, $$"""
            server { listen 0.0.0.0:NUMBER0 ssl; ssl_certificate {{identity.Certificate}}; ssl_certificate_key {{identity.Key}}; ssl_protocols TLSv1.2; }
            server { {{other}} ssl_certificate {{stranger.Certificate}}; ssl_certificate_key {{stranger.Key}}; ssl_ciphers ALL:@SECLEVEL=0; }
            """);
        using var nginx = server;
        var verdicts = TlsServer.Judge(await TlsServer.AskWildcardAsync(ports[0], "127.0.0.2"));
        Assert.Equal((spoken, old), (verdicts[TlsRules.Spoken].Outcome, verdicts[TlsRules.OldRefused].Outcome));
        Assert.Contains(words, string.Join('\n', verdicts.Values.Select(finding => finding.Message)), StringComparison.Ordinal);
    }

    [NeedsProgramFact(Nginx)]
    public async Task What_loopback_alone_is_shown_decides_nothing()
    {
        var (server, ports) = await TlsServer.NginxAsync(folder, $$"""
            server { listen 0.0.0.0:NUMBER0; }
            server { listen 127.0.0.2:NUMBER0 ssl; ssl_certificate {{identity.Certificate}}; ssl_certificate_key {{identity.Key}}; ssl_protocols TLSv1.2; }
            """);
        using var nginx = server;
        Assert.Equal(Outcome.Pass, TlsServer.Judge(await TlsServer.AskWildcardAsync(ports[0], "127.0.0.2"))[TlsRules.Spoken].Outcome);
        Assert.Equal(Outcome.Fail, TlsServer.Judge(await TlsServer.AskWildcardAsync(ports[0], "127.0.0.3"))[TlsRules.Spoken].Outcome);
    }

    [NeedsProgramFact(Nginx)]
    public async Task Who_names_nobody_may_be_served_an_old_version_that_the_named_host_refuses()
    {
        var (server, ports) = await TlsServer.NginxAsync(folder, $$"""
            ssl_certificate {{identity.Certificate}}; ssl_certificate_key {{identity.Key}}; ssl_ciphers ALL:@SECLEVEL=0;
            server { listen PORT0 ssl default_server; server_name weak.example; ssl_protocols TLSv1 TLSv1.2; }
            server { listen PORT0 ssl; server_name portal.example; ssl_protocols TLSv1.2; }
            server { listen PORT1 ssl default_server; server_name portal.example; ssl_protocols TLSv1.2; }
            server { listen PORT1 ssl; server_name old.example; ssl_protocols TLSv1; }
            """);
        using var nginx = server;
        var weak = TlsServer.Judge(await TlsServer.AskAsync(ports[0], Opening.Tls, "portal.example"), names: "portal.example")[TlsRules.OldRefused];
        Assert.Equal(Outcome.Fail, weak.Outcome);
        // The file of this one says TLSv1, and the default server decides.
        Assert.Equal(Outcome.Pass, TlsServer.Judge(await TlsServer.AskAsync(ports[1]))[TlsRules.OldRefused].Outcome);
    }

    [NeedsProgramFact(Nginx)]
    public async Task Old_versions_that_the_file_allows_and_the_library_refuses_are_refused()
    {
        var (server, ports) = await TlsServer.NginxAsync(folder, $$"""
            ssl_certificate {{identity.Certificate}}; ssl_certificate_key {{identity.Key}};
            server { listen PORT0 ssl; ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers DEFAULT@SECLEVEL=2; }
            """);
        using var nginx = server;
        Assert.Equal(Outcome.Pass, TlsServer.Judge(await TlsServer.AskAsync(ports[0]))[TlsRules.OldRefused].Outcome);
    }

    [NeedsProgramFact(Nginx)]
    [Shows("tls.spoken", Outcome.Pass)]
    [Shows("tls.old-refused", Outcome.Pass)]
    [Shows("tls.certificate-valid", Outcome.Pass)]
    public async Task A_server_that_wants_a_name_is_unknown_without_it_and_passes_with_it()
    {
        var (server, ports) = await TlsServer.NginxAsync(folder, $$"""
            ssl_certificate {{identity.Certificate}}; ssl_certificate_key {{identity.Key}};
            server { listen PORT0 ssl default_server; ssl_reject_handshake on; }
            server { listen PORT0 ssl; server_name portal.example; ssl_protocols TLSv1.2; }
            """);
        using var nginx = server;
        var without = TlsServer.Judge(await TlsServer.AskAsync(ports[0]));
        Assert.All(without.Values, finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
        Assert.Contains("names", without[TlsRules.Spoken].Message, StringComparison.Ordinal);
        var with = TlsServer.Judge(await TlsServer.AskAsync(ports[0], Opening.Tls, "portal.example"), settings: Trusting, names: "portal.example");
        Assert.All(with.Values, finding => Assert.True(finding.Outcome == Outcome.Pass, finding.Message));
    }

    [NeedsProgramFact(Nginx)]
    [Shows("tls.redirect-only", Outcome.Pass, Outcome.Fail)]
    public async Task Plain_HTTP_passes_where_it_redirects_every_path_and_fails_where_it_serves()
    {
        folder.Write("html/index.html", "page");
        // For nginx's workers.
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        var (server, ports) = await TlsServer.NginxAsync(folder, """
            server { listen PORT0; return 301 https://$host$request_uri; }
            server { listen PORT1; root html; }
            server { listen PORT2; root html; location = / { return 301 https://$host/; } }
            """);
        using var nginx = server;
        var redirecting = await TlsServer.AskAsync(ports[0]);
        Assert.Equal(Outcome.Pass, Assert.Single(TlsServer.Judge(redirecting)).Value.Outcome);
        Assert.Equal(Outcome.Pass, TlsServer.Judge(redirecting, Wire.Redirect)[TlsRules.RedirectOnly].Outcome);
        Assert.Equal(Outcome.Fail, TlsServer.Judge(redirecting, Wire.Tls)[TlsRules.Spoken].Outcome);

        Assert.Equal(Outcome.Fail, TlsServer.Judge(await TlsServer.AskAsync(ports[1]))[TlsRules.Spoken].Outcome);
        Assert.Equal(Outcome.Fail, TlsServer.Judge(await TlsServer.AskAsync(ports[1], Opening.Http), Wire.Redirect)[TlsRules.RedirectOnly].Outcome);

        // The front page redirects, and the rest is served.
        var half = TlsServer.Judge(await TlsServer.AskAsync(ports[2], Opening.Http), Wire.Redirect)[TlsRules.RedirectOnly];
        Assert.Equal(Outcome.Fail, half.Outcome);
        Assert.Contains("/ratchet-agent-probe", half.Message, StringComparison.Ordinal);
    }

    [NeedsProgramFact(Nginx)]
    public async Task A_TLS_port_that_answers_plain_HTTP_with_words_does_not_serve_in_clear()
    {
        var (server, ports) = await TlsServer.NginxAsync(folder, $$"""
            server { listen PORT0 ssl; ssl_certificate {{identity.Certificate}}; ssl_certificate_key {{identity.Key}}; ssl_protocols TLSv1.2; }
            """);
        using var nginx = server;
        var facts = await TlsServer.AskAsync(ports[0], Opening.Http);
        Assert.Equal(Speech.Tls, facts.Speech);
        Assert.Equal(Outcome.NotApplicable, TlsServer.Judge(facts, Wire.Redirect)[TlsRules.RedirectOnly].Outcome);
        Assert.Equal(Outcome.Pass, TlsServer.Judge(facts, Wire.Redirect)[TlsRules.Spoken].Outcome);
    }

    [NeedsProgramFact(Nginx)]
    public async Task The_log_of_a_good_server_stays_silent_above_info()
    {
        var (server, ports) = await TlsServer.NginxAsync(folder, $$"""
            server { listen PORT0 ssl; ssl_certificate {{identity.Certificate}}; ssl_certificate_key {{identity.Key}}; ssl_protocols TLSv1.2 TLSv1.3; }
            """);
        using var nginx = server;
        await TlsServer.AskAsync(ports[0], Opening.Tls, "portal.example");
        Assert.Equal("", await File.ReadAllTextAsync(folder["access.log"]));
        Assert.All((await File.ReadAllLinesAsync(folder["error.log"])).Where(line => line.Contains("SSL", StringComparison.Ordinal)), line => Assert.Contains("[info]", line, StringComparison.Ordinal));
    }

    [PostgresFact]
    public async Task PostgreSQL_is_asked_in_its_own_way()
    {
        using var cluster = new PostgresCluster("ssl = off", "local all all peer\n");
        Assert.Equal(Outcome.Fail, TlsServer.Judge(await TlsServer.AskAsync(cluster.Port, Opening.Postgres))[TlsRules.Spoken].Outcome);

        PostgresCluster.Run("cp", identity.Certificate, cluster.Data + "/server.crt");
        PostgresCluster.Run("cp", identity.Key, cluster.Data + "/server.key");
        PostgresCluster.Run("chown", "postgres:", cluster.Data + "/server.key", cluster.Data + "/server.crt");
        File.SetUnixFileMode(cluster.Data + "/server.key", (UnixFileMode)0b110_000_000);
        await File.AppendAllTextAsync(cluster.Config, "ssl = on\n");
        cluster.Reload();
        var verdicts = TlsServer.Judge(await TlsServer.AskAsync(cluster.Port, Opening.Postgres, "portal.example"), settings: Trusting, names: "portal.example");
        Assert.All(verdicts.Values, finding => Assert.True(finding.Outcome == Outcome.Pass, $"{finding.Rule.Id}: {finding.Message}"));
        // What OSSEC sees of it; a backend writes its line after the answer.
        await Wait.UntilAsync(() => cluster.Log.Split("could not accept SSL connection").Length > 2, "both refusals are logged");
        Assert.Equal(2, cluster.Log.Split("could not accept SSL connection").Length - 1);

        await File.AppendAllTextAsync(cluster.Config, "ssl_min_protocol_version = 'TLSv1'\nssl_ciphers = 'ALL:@SECLEVEL=0'\n");
        cluster.Reload();
        Assert.Equal(Outcome.Fail, TlsServer.Judge(await TlsServer.AskAsync(cluster.Port, Opening.Postgres))[TlsRules.OldRefused].Outcome);
    }

    [NeedsProgramFact("/usr/bin/java")]
    public async Task A_JVM_with_a_debugger_is_never_connected_to()
    {
        using var debugger = await TlsServer.DebuggerAsync();
        var listener = TlsServer.NewListener(debugger.Port, "/usr/bin/java", debugger.Id);
        var machine = new Machine("/", Command.RunAsync);
        Assert.Contains("debugger", Approach.Objection(listener, Wire.Tls, machine), StringComparison.Ordinal);
        Assert.Equal("", debugger.Errors);

        // What a handshake does to it: this is why.
        await TlsServer.AskAsync(debugger.Port);
        await Wait.UntilAsync(() => debugger.Errors.Length > 0 || !debugger.IsRunning, "the debugger complains");
    }

    [NeedsProgramFact(Openssl)]
    public async Task A_program_without_a_JVM_in_it_is_asked()
    {
        using var server = await TlsServer.OpensslAsync(identity);
        Assert.Null(Approach.Objection(TlsServer.NewListener(server.Port, "/usr/bin/openssl", server.Id), null, new Machine("/", Command.RunAsync)));
    }
}
