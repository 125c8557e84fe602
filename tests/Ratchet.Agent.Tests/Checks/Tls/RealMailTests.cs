using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>A real Postfix, asked by STARTTLS as Debian and Ubuntu ship it.</summary>
public sealed class RealMailTests : IDisposable
{
    const string Master = "/usr/lib/postfix/sbin/master";

    readonly Folder folder = new();
    readonly Authority authority;

    public RealMailTests() => authority = new Authority(folder, "site");

    public void Dispose() => folder.Dispose();

    [NeedsPartFact(Master)]
    public async Task A_Postfix_with_a_certificate_of_the_site_passes()
    {
        var (certificate, key) = authority.Server("mail.example");
        var (postfix, port) = await StartAsync($"smtpd_tls_cert_file = {certificate}\nsmtpd_tls_key_file = {key}\nsmtpd_tls_security_level = may\nsmtpd_tls_protocols = >=TLSv1.2\n");
        using var running = postfix;
        var verdicts = TlsServer.Judge(await TlsServer.AskAsync(port, Opening.Listen, "mail.example"), settings: new TlsSettings { CertificateAuthority = authority.File, Renewal = TimeSpan.FromHours(1) }, names: "mail.example");
        Assert.All(verdicts.Values, finding => Assert.True(finding.Outcome == Outcome.Pass, $"{finding.Rule.Id}: {finding.Message}\n{Log}"));
        Assert.Equal(3, verdicts.Count);
    }

    [NeedsPartFact(Master)]
    public async Task A_Postfix_without_STARTTLS_fails()
    {
        var (postfix, port) = await StartAsync("smtpd_tls_security_level = none\n");
        using var running = postfix;
        Assert.Equal(Outcome.Fail, TlsServer.Judge(await TlsServer.AskAsync(port, Opening.Listen))[TlsRules.Spoken].Outcome);
    }

    /// <summary>As before 3.6; where encryption is optional it asks OpenSSL for no security level, so that old versions are spoken indeed.</summary>
    [NeedsPartFact(Master)]
    public async Task A_Postfix_that_still_speaks_old_versions_fails()
    {
        var (certificate, key) = authority.Server("mail.example");
        var (postfix, port) = await StartAsync($"smtpd_tls_cert_file = {certificate}\nsmtpd_tls_key_file = {key}\nsmtpd_tls_security_level = may\nsmtpd_tls_protocols = !SSLv2, !SSLv3\n");
        using var running = postfix;
        Assert.Equal(Outcome.Fail, TlsServer.Judge(await TlsServer.AskAsync(port, Opening.Listen))[TlsRules.OldRefused].Outcome);
    }

    string Log => File.Exists(folder["log"]) ? File.ReadAllText(folder["log"]) : "";

    /// <summary>Its master process with a configuration and a queue of its own, and the daemons that STARTTLS takes.</summary>
    async Task<(Daemon Postfix, int Port)> StartAsync(string settings)
    {
        var port = TlsServer.FreePort();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        foreach (var queue in new[] { "private", "public", "pid", "active", "incoming", "maildrop", "deferred", "defer", "bounce", "hold", "corrupt", "flush", "saved", "trace" }) Directory.CreateDirectory(folder[$"spool/{queue}"]);
        Directory.CreateDirectory(folder["data"]);
        // The accounts of the package are not there where it is only unpacked.
        Programs.Run("/bin/chown", "-R", "daemon", folder["spool"], folder["data"]);
        Programs.Run("/bin/chown", "root", folder["spool"], folder["spool/pid"]);
        var daemons = Path.GetDirectoryName(Parts.Find(Master)!)!;
        folder.Write("conf/main.cf", $"""
            compatibility_level = 3.6
            config_directory = {folder["conf"]}
            meta_directory = {folder["conf"]}
            queue_directory = {folder["spool"]}
            data_directory = {folder["data"]}
            daemon_directory = {daemons}
            shlib_directory = {Path.GetDirectoryName(daemons)}
            import_environment = MAIL_CONFIG LD_LIBRARY_PATH
            mail_owner = daemon
            setgid_group = games
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            myhostname = mail.example
            alias_maps =
            alias_database =
            local_recipient_maps =
            maillog_file = {folder["log"]}
            maillog_file_prefixes = {folder.Path}
            {settings}
            """);
        folder.Write("conf/master.cf", $"""
            127.0.0.1:{port} inet n - n - - smtpd
            postlog unix-dgram n - n - 1 postlogd
            anvil unix - - n - 1 anvil
            tlsmgr unix - - n 1000? 1 tlsmgr
            rewrite unix - - n - - trivial-rewrite

            """);
        var postfix = new Daemon(Parts.NewStart(Master, "-c", folder["conf"], "-d"));
        await Wait.UntilAsync(() => !postfix.IsRunning || Log.Contains("daemon started", StringComparison.Ordinal), "Postfix listens");
        Assert.True(postfix.IsRunning, postfix.Said + Log);
        return (postfix, port);
    }
}
