using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Checks.Access.Sudo;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Checks.Ossec;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Checks.Salt;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Checks.Ubuntu;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Shipping;
using Ratchet.Agent.Tests.Checks.Access;
using Ratchet.Agent.Tests.Checks.Aws;
using Ratchet.Agent.Tests.Checks.Disk;

namespace Ratchet.Agent.Tests.Fuzzing;

/// <summary>Every parser of hostile input, one line each; a new parser adds its line.</summary>
static class Parsers
{
    static readonly Type[] Nothing = [], Format = [typeof(FormatException)], Io = [typeof(IOException)], Both = [typeof(FormatException), typeof(IOException)];

    public static readonly IReadOnlyList<Parser> All =
    [
        new("records", Nothing, RecordBenches.Records),
        new("record lines", Nothing, RecordBenches.Lines),
        new("record lines, gzip", [typeof(InvalidDataException)], RecordBenches.PackedLines),
        new("payload", Nothing, RecordBenches.Payloads),
        new("JWK Set", Format, RecordBenches.KeySets),
        Parser.Of("name of a batch", Nothing, Seeds.Texts(new Batch(1, 2, 3).FileName), input => Assert.True(Batch.Parse(Text(input)) is not { } batch || batch.FileName == Text(input))),
        Parser.OfFile("settings", [typeof(SettingsException)], Seeds.Recorded("agent.json"), "agent.json", folder => SettingsFile.Load(folder + "/agent.json", new Dictionary<string, string>())),
        Parser.Of("sshd -T", Nothing, Seeds.Texts("port 22\npermitrootlogin no\nlistenaddress [::]:22\n"), input => EffectiveConfig.Parse(Text(input)).Names("ciphers")),
        Parser.OfFile("sshd_config", Io, Seeds.Recorded("root/etc/ssh/sshd_config"), "etc/ssh/sshd_config", folder => SshdConfig.Read(On(folder), "/etc/ssh/sshd_config")),
        Parser.Of("authorized_keys", Nothing, Seeds.Recorded("root/root/.ssh/authorized_keys"), input => EachLine(input, line => KeyLine.Parse(line))),
        Parser.Of("SSH key", Format, [[0, 0, 0, 7, .. "ssh-rsa"u8, 0, 0, 0, 1, 3, 0, 0, 0, 4, 0x7F, 1, 2, 3], [0, 0, 0, 11, .. "ssh-ed25519"u8, 0, 0, 0, 32, .. new byte[32]]], input => SshKey.Parse(input)),
        Parser.Of("passwd and group", Format, Seeds.Recorded("root/etc/passwd"), input => Accounts.Parse(Text(input), Text(input))),
        Parser.Of("SSH key exchange", Io, [[20, .. new byte[16], .. Enumerable.Range(0, 10).SelectMany(i => (byte[])[0, 0, 0, 3, (byte)'a', (byte)',', (byte)('b' + i)])]], input => SshHandshake.Parse(input)),
        Parser.Of("answer to a ClientHello", Nothing, [[21, 3, 1, 0, 2, 1, 112, 22, 3, 1, 0, 18, 2, 0, 0, 2, 3, 1, 11, 0, 0, 5, 0, 0, 2, 0, 0, 14, 0, 0, 0], [21, 3, 3, 0, 2, 2, 70], .. Seeds.Texts("HTTP/1.1 400 Bad Request\r\n")], input => ServerFlight.ReadAsync(new MemoryStream(input), CancellationToken.None).GetAwaiter().GetResult()),
        Parser.Of("head of a page", Nothing, Seeds.Texts("HTTP/1.1 301 Moved\r\nLocation: https://a.example/\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port"), input => _ = HttpAnswer.Parse(input)?.IsRedirect),
        Parser.Of("words of a mail server", Io, Seeds.Texts("220 mail ESMTP\r\n250-mail\r\n250 STARTTLS\r\n220 go\r\n"), input => SmtpHandshake.RequestTlsAsync(new TwoWays(input), CancellationToken.None).GetAwaiter().GetResult()),
        Parser.Of("identity document", Format, Seeds.Texts(IdentitySigner.Document), input => IdentityDocument.Parse(input)),
        Parser.Of("signed identity document", Format, SignedDocuments, input => SignedDocument.Parse(Convert.ToBase64String(input))),
        Parser.Of("attestation of an instance", Format, Seeds.Recorded("root/etc/ratchet-agent/attest/aws.json"), input => AttestationFile.Parse(input, "aws.json")),
        Parser.Of("certificates of regions", Format, Seeds.Recorded("root/etc/ratchet-agent/identity.pem"), input => RegionCertificates.Parse(Text(input), "identity.pem")),
        Parser.Of("answer of the EC2 API", Format, Seeds.Texts("<a xmlns=\"b\"><volumeSet><item><volumeId>vol-1</volumeId><x/></item></volumeSet><nextToken>t</nextToken></a>"), input => _ = Ec2Answer.Parse(input).ErrorCode),
        Parser.Of("certificate that is shown", Io, Certificates, input => ServedCertificate.Load(input, "here").Dispose()),
        Parser.Of("mountinfo", Format, Seeds.Recorded("root/proc/self/mountinfo"), input => MountTable.Parse(Text(input))),
        Parser.Of("swaps", Format, Seeds.Recorded("root/proc/swaps"), input => SwapTable.Parse(Text(input))),
        Parser.Of("crypttab", Format, Seeds.Recorded("root/etc/crypttab"), input => Crypttab.Parse(Text(input))),
        Parser.Of("LUKS header", Format, [Luks2Builder.Both(Luks2Builder.Json()), new byte[1024]], input => LuksHeader.Read(Device(input))),
        Parser.Of("LUKS2 metadata", Nothing, Seeds.Texts(Luks2Builder.Json()), input => Refusing<FormatException>(() => LuksHeader.Read(Device(Luks2Builder.Both(Latin(input[..Math.Min(input.Length, 6000)])))))),
        Parser.OfFile("table of TCP sockets", Both, Seeds.Recorded("root/proc/net/tcp"), "proc/net/tcp", folder => ProcNet.TryRead(On(folder), "/proc/net", Protocol.Tcp, [])),
        Parser.OfFile("table of UDP sockets", Both, Seeds.Recorded("root/proc/net/udp"), "proc/net/udp", folder => ProcNet.TryRead(On(folder), "/proc/net", Protocol.Udp, [])),
        Parser.Of("netlink, sockets", Io, NetlinkSeeds.Sockets, input => SocketDiag.Parse(input, Protocol.Tcp, [])),
        Parser.Of("netlink, sockets in the file system", Io, NetlinkSeeds.Unix, input => NetlinkSeeds.FeedUnix(input)),
        Parser.OfFile("cgroup", Nothing, Seeds.Recorded("root/proc/1/cgroup"), "proc/1/cgroup", folder => new ProcessTable(On(folder)).Describe(1)),
        Parser.OfFile("process status", Both, Seeds.Recorded("root/proc/1/status"), "proc/1/status", folder => new ProcessTable(On(folder)).Describe(1)),
        Parser.OfFile("process stat", Both, Seeds.Recorded("root/proc/1/stat"), "proc/1/stat", folder => Started(folder)),
        Parser.Of("name of a control group", Nothing, Seeds.Texts("/system.slice/docker-0123456789ab.scope", "/kubepods.slice/x.slice/cri-containerd-1.scope"), input => UnitName.Container(Text(input))),
        Parser.Of("unit file", Nothing, Seeds.Recorded("root/usr/lib/systemd/system/ssh.service"), input => Units(Text(input))),
        Parser.Of("socket unit", Nothing, Seeds.Texts("[Socket]\nListenStream=0.0.0.0:22\nListenDatagram=[::]:53\nAccept=yes\n"), input => Units(Text(input))),
        Parser.Of("title of sshd", Nothing, Seeds.Texts("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "/usr/sbin/sshd\0-D\0-o\0Port=22\0"), input => DaemonTitle.Parse(Text(input))),
        Parser.Of("arguments of sshd", Format, Seeds.Texts("-D\0-p\022\0-oPermitRootLogin=no\0-f\0/etc/x"), input => DaemonArguments.Parse(Text(input).Split('\0'))),
        Parser.Of("OSSEC configuration", Format, Seeds.Recorded("root/var/ossec/etc/ossec.conf"), input => ConfigReader.Parse(Text(input), "ossec.conf")),
        Parser.Of("OSSEC client.keys", Format, Seeds.Recorded("root/var/ossec/etc/client.keys"), input => ClientKeys.Parse(input)),
        Parser.Of("OSSEC log", Nothing, Seeds.Recorded("root/var/ossec/logs/ossec.log"), LogLines),
        Parser.Of("shadow", Format, Seeds.Recorded("root/etc/shadow"), input => ShadowFile.Parse(input, [])),
        Parser.Of("utmp", Format, [AccessHost.Utmp(1, "pts/0", "ops", "", System.Net.IPAddress.Loopback, AccessHost.Today)], input => Utmp.Parse(input)),
        Parser.Of("header of a journal", Nothing, [AccessHost.JournalHeader(AccessHost.Today)], input => JournalFiles.First(input)),
        Parser.OfFile("sudoers", Both, [.. Seeds.Recorded("root/etc/sudoers"), .. Seeds.Recorded("root/etc/sudoers.d/acme"), .. Seeds.Texts("User_Alias A = b, %c : D = !e\n\"A\", #0 ALL = (x : y) NOPASSWD: sha256:AA== /bin/a ^x$, sudoedit /b, !C\n@include /etc/sudoers\n")], "etc/sudoers", JudgeSudoers),
        Parser.OfFile("session of systemd-logind", Both, Seeds.Recorded("root/run/systemd/sessions/3"), "run/systemd/sessions/3", folder => new Sessions(On(folder), Accounts.Parse("", "")).Find()),
        Parser.OfFile("crontab", Io, Seeds.Texts("*/5 * * * * ops /bin/true\n@daily ops x\n"), "etc/crontab", folder => Assert.True(new Remnants(On(folder)).Of("ops", null, null).Count() < 100_000)),
        Parser.Of("version of a package", Format, Seeds.Texts("1:3.0.13-0ubuntu3.5~rc1+b2"), input => DebianVersion.Compare(Text(input), "1:3.0.13-0ubuntu3.5")),
        Parser.Of("list of packages", Format, Seeds.Recorded("root/var/lib/dpkg/status"), input => ControlFile.Read(new MemoryStream(input), "status", _ => { })),
        Parser.Of("LZ4", [typeof(InvalidDataException), typeof(EndOfStreamException)], [[4, 34, 77, 24, 100, 64, 167, 15, 0, 0, 0, 95, 97, 98, 99, 100, 101, 5, 0, 4, 80, 100, 101, 102, 103, 104, 0, 0, 0, 0, 192, 52, 61, 245]], input => new Lz4Stream(new MemoryStream(input)).CopyTo(Stream.Null)),
        Parser.Of("apt.conf", Format, Seeds.Recorded("root/etc/apt/apt.conf.d/50unattended-upgrades"), input => new AptConfig().Add(Text(input), "apt.conf")),
        Parser.Of("rsyslog.conf", Format, Seeds.Recorded("root/etc/rsyslog.d/60-forward.conf"), input => RsyslogStatement.Split(Text(input), "rsyslog.conf")),
        Parser.Of("memory map", Nothing, Seeds.Texts("7f00-7f01 r-xp 00000000 fd:00 4711 /usr/lib/x.so (deleted)"), input => StaleLibraries.Deleted(input)),
        Parser.Of("tracking of chrony", Format, Seeds.Texts("A9FEA97B,169.254.169.123,4,1795175970.1,0.000004,0.000002,0.00001,-12.3,0.0,0.01,0.0004,0.0003,16.2,Normal"), input => ClockState.OfChrony(Text(input), "chrony.service")),
        Parser.Of("YAML of Salt", Format, Seeds.Recorded("root/etc/salt/master.d/site.conf"), input => Yaml.Parse(Text(input), "site.conf")),
        Parser.Of("return of a Salt job", Format, Seeds.Recorded("root/var/cache/salt/minion/minion_jobs/20261120030000123456/return.p"), input => SaltReturn.Parse(input)),
        new("sshd's answer, judged", Nothing, JudgedHosts.Sshd),
        new("state of a Wazuh agent, judged", Nothing, JudgedHosts.Wazuh),
        new("HTTP answer", Nothing, HttpAnswers.Open),
    ];

    static void JudgeSudoers(string folder)
    {
        Directory.CreateDirectory(folder + "/usr/bin");
        File.WriteAllText(folder + "/usr/bin/sudo", "");
        var accounts = Accounts.Parse("root:x:0:0::/root:/bin/sh\nops:x:1:1::/:/bin/sh\n", "c:x:1:\n");
        if (Sudoers.Read(On(folder), "web01") is { } sudoers) _ = new SudoRights(sudoers, accounts, AccessHost.Today).Of(accounts.Find("ops")!).Select(right => right.MeansRoot).ToList();
    }

    static byte[][] SignedDocuments
    {
        get
        {
            using var folder = new Fixtures.Folder();
            var signer = new IdentitySigner(folder);
            return [.. new[] { signer.Sign(IdentitySigner.Document), signer.Sign(IdentitySigner.Document, "-noattr"), signer.Sign(IdentitySigner.Document, "-stream", "-indef") }.Select(Convert.FromBase64String)];
        }
    }

    static byte[][] Certificates
    {
        get
        {
            using var rsa = System.Security.Cryptography.RSA.Create(1024);
            using var ec = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
            var (from, until) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(80));
            using var first = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=a", rsa, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1).CreateSelfSigned(from, until);
            using var second = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=a", ec, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSelfSigned(from, until);
            return [first.RawData, second.RawData];
        }
    }

    /// <summary>As <c>Machine.ReadText</c> reads a file: broken UTF-8 replaced.</summary>
    static string Text(byte[] input) => Encoding.UTF8.GetString(input);

    static string Latin(byte[] input) => Encoding.Latin1.GetString(input);

    static Machine On(string folder) => new(folder, (program, _, _) => throw new CommandException($"{program}: is not here"));

    static ReadDevice Device(byte[] input) => (offset, count) => offset >= input.Length ? [] : input[(int)offset..(int)Math.Min(input.Length, offset + count)];

    static void EachLine(byte[] input, Action<string> read)
    {
        foreach (var line in Text(input).Split('\n')) read(line);
    }

    static void LogLines(byte[] input)
    {
        foreach (var line in Latin(input).Split('\n').Select(Encoding.Latin1.GetBytes)) _ = (LogLine.Kind(line), LogLine.Stamp(line));
    }

    static void Units(string text)
    {
        var settings = new List<UnitSetting>();
        UnitFiles.Parse(text, "a.socket", settings);
        _ = SocketUnits.Parse("a.socket", settings).Count();
    }

    static DateTimeOffset? Started(string folder)
    {
        File.WriteAllText(folder + "/proc/stat", "btime 1795100000\n");
        return new ProcessTable(On(folder)).Started(1);
    }

    static void Refusing<T>(Action read) where T : Exception
    {
        try
        {
            read();
        }
        catch (T)
        {
            // Refused.
        }
    }
}
