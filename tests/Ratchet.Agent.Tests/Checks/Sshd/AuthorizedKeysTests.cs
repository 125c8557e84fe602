using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Sshd;

/// <summary>A home under a temporary folder, read by the real machine; what lies in it is hostile.</summary>
public sealed class AuthorizedKeysTests : IDisposable
{
    const string Good = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";

    readonly string home = Directory.CreateTempSubdirectory("ratchet-home-").FullName;
    readonly string file;

    public AuthorizedKeysTests()
    {
        Directory.CreateDirectory($"{home}/.ssh");
        file = $"{home}/.ssh/authorized_keys";
    }

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public void A_good_key_passes_with_its_fingerprint_and_without_its_comment()
    {
        File.WriteAllText(file, $"# mine\n\nfrom=\"10.0.0.0/8,192.168.0.1\",command=\"echo \\\"secret, word\\\"\" {Good} jane@patient-records\n");
        var finding = Judge();
        Assert.Equal((Outcome.Pass, "jane"), (finding.Outcome, finding.Subject));
        var evidence = finding.Evidence.ToJson().ToJsonString();
        Assert.Contains("SHA256:", evidence, StringComparison.Ordinal);
        Assert.DoesNotContain("patient", evidence, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", evidence, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.0", evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("expiry-time=\"20200101\" ", "expired on 2020-01-01")]
    [InlineData("expiry-time=\"20200101Z\" ", "expired")]
    [InlineData("expiry-time=\"202001011200Z\",no-pty ", "expired")]
    [InlineData("expiry-time=\"soon\" ", "not a time")]
    [InlineData("expiry-time=\"00010101\" ", "not a time")]
    public void An_expired_key_fails(string options, string reason)
    {
        File.WriteAllText(file, $"{options}{Good}\n");
        var finding = Judge();
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains(reason, finding.Message, StringComparison.Ordinal);
        Assert.Contains($"{file}:1", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_expires_later_passes()
    {
        File.WriteAllText(file, $"expiry-time=\"20990101\" {Good}\n");
        Assert.Equal(Outcome.Pass, Judge().Outcome);
    }

    [Fact]
    public void Short_RSA_and_DSA_keys_fail()
    {
        File.WriteAllText(file, $"{Good}\nssh-rsa {Rsa(1024)}\n");
        Assert.Contains($"{file}:2: RSA with 1024 bits", Judge().Message, StringComparison.Ordinal);
        File.WriteAllText(file, $"ssh-dss {Convert.ToBase64String([.. Text("ssh-dss"), .. Text("1234")])}\n");
        Assert.Contains("DSA", Judge().Message, StringComparison.Ordinal);
        File.WriteAllText(file, $"ssh-rsa {Rsa(2048)}\n");
        Assert.Equal(Outcome.Pass, Judge().Outcome);
    }

    [Theory]
    [InlineData("rsa-sha2-256", "ssh-rsa")]
    [InlineData("rsa-sha2-512", "ssh-rsa")]
    [InlineData("ssh-rsa", "rsa-sha2-512")]
    [InlineData("ssh-rsa", "Rsa")]
    [InlineData("from=\"10.0.0.1\" rsa-sha2-512", "RSA")]
    public void A_key_is_one_under_every_name_that_sshd_takes_for_its_type(string written, string inside)
    {
        File.WriteAllText(file, $"{written} {Rsa(1024, inside)} evil\n");
        var finding = Judge();
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains($"{file}:1: RSA with 1024 bits", finding.Message, StringComparison.Ordinal);
        Assert.Contains(SshKey.Parse(Convert.FromBase64String(Rsa(1024))).Fingerprint, finding.Evidence.ToJson().ToJsonString().Replace("\\u002B", "+", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("webauthn-sk-ecdsa-sha2-nistp256@openssh.com")]
    [InlineData("sk-ecdsa-sha2-nistp256@openssh.com")]
    public void A_key_of_a_token_is_one_under_both_of_its_names(string written)
    {
        const string type = "sk-ecdsa-sha2-nistp256@openssh.com";
        byte[] blob = [.. Text(type), .. Text("nistp256"), .. Text("point"), .. Text("ssh:")];
        Assert.Equal((type, 256), KeyLine.Parse($"{written} {Convert.ToBase64String(blob)}") is { Key: var key } ? (key.Type, key.Bits) : default);
    }

    [Fact]
    public void A_certificate_may_have_the_name_of_its_signatures()
    {
        byte[] blob = [.. Text("ssh-rsa-cert-v01@openssh.com"), .. Text("nonce"), 0, 0, 0, 3, 1, 0, 1, .. Number(1024)];
        Assert.Equal(1024, KeyLine.Parse($"rsa-sha2-256-cert-v01@openssh.com {Convert.ToBase64String(blob)}")?.Key.Bits);
        Assert.Null(KeyLine.Parse($"rsa-sha2-256 {Convert.ToBase64String(blob)}"));
    }

    /// <summary>ssh-keygen reads a line by the same function as sshd.</summary>
    [SshdFact]
    public void A_line_holds_a_key_where_the_real_program_finds_one()
    {
        string[] lines =
        [
            Good, $"{Good[..40]}\v{Good[40..]}", $"{Good[..40]}\f{Good[40..]} c", $"ED25519 {Good[12..]}", $"SSH-ED25519 {Good[12..]}", $"rsa-sha2-512 {Good[12..]}",
            .. from written in (string[])["ssh-rsa", "rsa-sha2-256", "rsa-sha2-512", "rsa-sha2-384", "RSA", "ssh-ed25519", "rsa-sha2-512-cert-v01@openssh.com"]
            from inside in (string[])["ssh-rsa", "rsa-sha2-256", "rsa", "RSA", "ED25519"]
            select $"{written} {Rsa(2048, inside)} c",
        ];
        foreach (var line in lines)
        {
            File.WriteAllText(file, line + "\n");
            var said = SshdHost.Run("/usr/bin/ssh-keygen", "-l", "-f", file).Split(' ');
            Assert.Equal((line, said.ElementAtOrDefault(1)), (line, KeyLine.Parse(line)?.Key.Fingerprint));
        }
    }

    [Fact]
    public void A_line_that_sshd_ignores_is_counted_and_opens_nothing()
    {
        // The word says one type, the key inside is of another: sshd does not take it.
        File.WriteAllText(file, $"ssh-ed25519 {Rsa(1024)}\nrubbish\nssh-ed25519 AAAA\nfrom=\"open {Good}\n");
        var finding = Judge();
        Assert.Equal(Outcome.Pass, finding.Outcome);
        Assert.Equal(4, (long)finding.Evidence.ToJson()["ignored_lines"]!);
    }

    [Theory]
    [InlineData("authorized_keys", "0666")]
    [InlineData("", "0770")]
    public void A_file_or_directory_that_others_can_write_fails(string name, string mode)
    {
        File.WriteAllText(file, Good);
        SshdHost.Run("/bin/chmod", mode, $"{home}/.ssh/{name}");
        var finding = Judge();
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains(mode, finding.Message, StringComparison.Ordinal);
    }

    [SshdFact]
    public void A_file_that_belongs_to_somebody_else_fails()
    {
        File.WriteAllText(file, Good);
        SshdHost.Run("/bin/chown", "65534", file);
        Assert.Contains("belongs to uid 65534", Judge().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("link")]
    [InlineData("directory link")]
    [InlineData("device")]
    [InlineData("directory")]
    [InlineData("huge")]
    [InlineData("binary")]
    [InlineData("lines")]
    public void Traps_in_a_home_make_that_account_unknown(string trap)
    {
        switch (trap)
        {
            case "fifo": SshdHost.Run("/usr/bin/mkfifo", file); break;
            case "link": File.CreateSymbolicLink(file, "/etc/shadow"); break;
            case "directory link":
                Directory.Delete($"{home}/.ssh");
                Directory.CreateSymbolicLink($"{home}/.ssh", "/etc");
                break;
            case "device": File.CreateSymbolicLink(file, "/dev/zero"); break;
            case "directory": Directory.CreateDirectory(file); break;
            case "huge": SshdHost.Run("/usr/bin/truncate", "-s", "1G", file); break;
            case "binary": File.WriteAllBytes(file, [1, 2, 0, 255, 10, 7]); break;
            case "lines": File.WriteAllText(file, string.Concat(Enumerable.Repeat("x\n", 100_000))); break;
        }
        var finding = Judge();
        Assert.Equal((Outcome.Unknown, "jane"), (finding.Outcome, finding.Subject));
        Assert.DoesNotContain("root:", finding.Evidence.ToJson().ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trap_in_one_home_does_not_hide_the_next_account()
    {
        SshdHost.Run("/usr/bin/mkfifo", file);
        Directory.CreateDirectory($"{home}/joe");
        File.WriteAllText($"{home}/joe/.keys", $"ssh-rsa {Rsa(1024)}\n");
        var findings = Judge($"jane:x:0:0::{home}:/bin/sh\njoe:x:0:0::{home}/joe:", "authorizedkeysfile .ssh/authorized_keys .keys");
        Assert.Equal([Outcome.Unknown, Outcome.Fail], findings.Select(f => f.Outcome));
    }

    [Fact]
    public void Rubbish_never_breaks_the_parser()
    {
        var random = new Random(1);
        var good = Encoding.UTF8.GetBytes($"expiry-time=\"20300101\",from=\"a,b\" {Good} c\nssh-rsa {Rsa(2048)}\n");
        for (var i = 0; i < 3000; i++)
        {
            var bytes = good[..random.Next(good.Length)];
            for (var j = 0; j < 3 && bytes.Length > 0; j++) bytes[random.Next(bytes.Length)] = (byte)random.Next(1, 256);
            File.WriteAllBytes(file, bytes);
            Judge($"jane:x:0:0::{home}:/bin/sh", "authorizedkeysfile .ssh/authorized_keys");
        }
    }

    [Fact]
    public void Tokens_several_files_and_none_are_understood()
    {
        var account = new Account("jane", 1001, 100, "/home/jane", "/bin/bash");
        Assert.Equal(["/home/jane/.ssh/a", "/home/jane/k", "/etc/keys/jane/1001", "/home/jane/50%"],
            KeyFile.Paths(EffectiveConfig.Parse("authorizedkeysfile .ssh/a %h/k /etc/keys/%u/%U none 50%%\n"), account));
    }

    [Fact]
    public void Accounts_without_a_shell_have_no_keys_to_judge()
    {
        File.WriteAllText(file, $"ssh-rsa {Rsa(1024)}\n");
        var finding = Assert.Single(Judge($"jane:x:0:0::{home}:/usr/sbin/nologin", "authorizedkeysfile .ssh/authorized_keys"));
        Assert.Equal((Outcome.Pass, "all accounts"), (finding.Outcome, finding.Subject));
    }

    [Fact]
    public void Trusted_authorities_are_judged_like_keys()
    {
        var authorities = $"{home}/ca.pub";
        File.WriteAllText(authorities, $"ssh-rsa {Rsa(1024)} ca\n");
        var finding = Judge($"jane:x:0:0::{home}:/bin/false", $"authorizedkeysfile none\ntrustedusercakeys {authorities}").Single();
        Assert.Equal((Outcome.Fail, authorities), (finding.Outcome, finding.Subject));
        File.WriteAllText(authorities, Good);
        Assert.Equal(Outcome.Pass, Judge($"jane:x:0:0::{home}:/bin/false", $"authorizedkeysfile none\ntrustedusercakeys {authorities}").Single().Outcome);
    }

    Finding Judge() => Assert.Single(Judge($"jane:x:0:0::{home}:/bin/bash", "authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2"));

    static IReadOnlyList<Finding> Judge(string passwd, string settings)
    {
        var config = EffectiveConfig.Parse(settings);
        return new AuthorizedKeys(new Machine("/", Command.RunAsync)).Judge(Accounts.Parse(passwd, ""), _ => [config], [config]);
    }

    static string Rsa(int bits, string type = "ssh-rsa") => Convert.ToBase64String([.. Text(type), 0, 0, 0, 3, 1, 0, 1, .. Number(bits)]);

    static byte[] Number(int bits) => [.. Length((bits / 8) + 1), 0, 0x80, .. new byte[(bits / 8) - 1]];

    static byte[] Text(string text) => [.. Length(text.Length), .. Encoding.ASCII.GetBytes(text)];

    static byte[] Length(int length) => [(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length];
}
