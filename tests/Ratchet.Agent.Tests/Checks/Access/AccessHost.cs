using System.Buffers.Binary;
using System.Net;
using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ports;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Access;

/// <summary>
/// A directory that looks like a host with an sshd at rest, the accounts root, ops (staff) and acme (a third party), each with a
/// key, and a register that fits; good in every way until the test spoils something. Today is 2026-11-22.
/// </summary>
sealed class AccessHost : IDisposable
{
    public static readonly DateTimeOffset Today = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    readonly HostTree tree = new();
    readonly HandClock clock = new() { Now = Today };
    readonly Dictionary<string, (int Uid, string Shell, string Shadow)> accounts = [];
    string journal = "";
    string sshd = "authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2\n";

    public AccessHost()
    {
        tree.File("/proc/1/comm", "systemd\n").File("/proc/sys/kernel/hostname", "web01\n").File("/etc/machine-id", "abc\n").File("/usr/sbin/sshd", "").File("/etc/ssh/sshd_config", "UsePAM yes\n").File("/etc/group", "root:x:0:\nsudo:x:27:\ndocker:x:998:\n");
        Account("root", 0, "root:*:20000:0:99999:7:::").Account("daemon", 1, "daemon:*:20000:0:99999:7:::", shell: "/usr/sbin/nologin");
        Account("ops", 1000, "ops:!:20000:0:99999:7:::").Key("ops", Ops);
        // 20818 is 2026-12-31, the last day before it is closed the day before.
        Account("acme", 1001, "acme:!:20000:0:99999:7::20818:").Key("acme", Acme, "expiry-time=\"20261231Z\"");
        Login("ops", Today.AddDays(-3)).Login("acme", Today.AddDays(-5));
        Journal(Today.AddDays(-200));
    }

    public static string Ops { get; } = KeyText(1);

    public static string Acme { get; } = KeyText(2);

    public static string Stranger { get; } = KeyText(3);

    public HostTree Tree => tree;

    public HandClock Clock => clock;

    /// <summary>How the clock is kept; null: nobody can be asked.</summary>
    public HostClock? HostClock { get; set; }

    /// <summary>The directory in nsswitch.conf answers, and lists nobody.</summary>
    public bool Directory { get; set; }

    public static HostClock NotKept => new((_, _) => Task.FromResult(new ClockState(Keeping.Not, "chrony.service", null, "chrony runs and is not synchronised")));

    public Machine Machine => new(tree.Path(""), Answer, clock);

    public List<string> Commands { get; } = [];

    public Settings Settings { get; } = new()
    {
        Host = "web01.internal",
        Access = new AccessSettings
        {
            Staff = new StaffSettings { Accounts = [new AccountGrant { Name = "ops", Keys = [Fingerprint(Ops)] }], Review = new ReviewSettings { Last = new(2026, 5, 1), By = "j.doe" } },
            Parties = [Party("acme")],
        },
    };

    public PartySettings Acmes => Settings.Access.Parties[0];

    public AccountGrant AcmeAccount => Acmes.Accounts[0];

    public static PartySettings Party(string id) => new()
    {
        Id = id, Owner = "j.doe", Reason = "support", Agreement = new AgreementSettings { Ref = "BAA-17", Signed = new(2026, 3, 4), Expires = new(2027, 3, 4) },
        Accounts = [new AccountGrant { Name = id, Until = new(2026, 12, 31), Keys = [Fingerprint(Acme)] }],
    };

    public AccessHost Account(string name, int uid, string? shadow = null, string shell = "/bin/bash")
    {
        accounts[name] = (uid, shell, shadow ?? $"{name}:!:20000:0:99999:7:::");
        tree.File("/etc/passwd", string.Concat(accounts.Select(account => $"{account.Key}:x:{account.Value.Uid}:{account.Value.Uid}::{Home(account.Key)}:{account.Value.Shell}\n")));
        tree.File("/etc/shadow", string.Concat(accounts.Values.Select(account => account.Shadow.Length == 0 ? "" : account.Shadow + "\n")));
        return this;
    }

    public AccessHost Gone(string name)
    {
        accounts.Remove(name);
        return Account("daemon", 1, "daemon:*:20000:0:99999:7:::", shell: "/usr/sbin/nologin");
    }

    public AccessHost Key(string name, string key, string options = "", string file = "authorized_keys")
    {
        var path = $"{Home(name)}/.ssh/{file}";
        tree.File(path, $"{(File.Exists(tree.Path(path)) ? File.ReadAllText(tree.Path(path)) : "")}{options}{(options.Length > 0 ? " " : "")}{key}\n");
        return this;
    }

    public AccessHost NoKeys(string name)
    {
        System.IO.Directory.Delete(tree.Path($"{Home(name)}/.ssh"), recursive: true);
        return this;
    }

    /// <summary>More lines of sshd -T.</summary>
    public AccessHost Sshd(string lines)
    {
        sshd += lines;
        return this;
    }

    public AccessHost Sudoers(string text, string path = "/etc/sudoers")
    {
        tree.File("/usr/bin/sudo", "").File(path, text);
        // sudo takes no file that its group can write.
        File.SetUnixFileMode(tree.Path(path), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        return this;
    }

    /// <summary>A line of sshd in the journal.</summary>
    public AccessHost Login(string name, DateTimeOffset at)
    {
        journal += $"{at.ToUnixTimeSeconds()}.000001 web01 sshd[42]: Accepted publickey for {name} from 10.0.0.9 port 4711 ssh2: ED25519 SHA256:x\n";
        return this;
    }

    /// <summary>A journal that begins then; null: none.</summary>
    public AccessHost Journal(DateTimeOffset? begins)
    {
        var path = tree.Path("/var/log/journal/abc/system.journal");
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (begins is null) File.Delete(path);
        else File.WriteAllBytes(path, JournalHeader(begins.Value));
        return this;
    }

    public static byte[] JournalHeader(DateTimeOffset begins)
    {
        var header = new byte[272];
        "LPKSHHRH"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(152), 7);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(184), (ulong)begins.ToUnixTimeMilliseconds() * 1000);
        return header;
    }

    /// <summary>A session of systemd-logind.</summary>
    public AccessHost Session(string name, string remote, string more = "")
    {
        tree.File($"/run/systemd/sessions/{name.Length}{remote.Length}", $"# This is private data. Do not parse.\nUSER={name}\nSTATE=active\nCLASS=user\nREMOTE={(remote.Length > 0 ? 1 : 0)}\nREMOTE_HOST={remote}\nTTY=pts/0\nSERVICE=sshd\n{more}");
        return this;
    }

    public async Task<IReadOnlyList<Finding>> CheckAsync(AccessCheck? check = null) => (await (check ?? NewCheck()).RunAsync(Machine, CancellationToken.None)).Note();

    public AccessCheck NewCheck() => new(Settings, new SshdSurvey(Settings.Ssh), new ServerClient("ratchet-agent"), HostClock);

    /// <summary>The one finding on a subject, which must have this outcome and say these words.</summary>
    public async Task<Finding> ExpectAsync(Outcome outcome, Rule rule, string subject, string words = "")
    {
        var findings = await CheckAsync();
        var finding = findings.SingleOrDefault(finding => finding.Rule == rule && finding.Subject == subject);
        Assert.True(finding is not null, $"{rule.Id} says nothing of {subject}; it says: {string.Join("; ", findings.Where(one => one.Rule == rule).Select(one => $"{one.Outcome} {one.Subject}: {one.Message}"))}");
        Assert.True(finding.Outcome == outcome, $"{finding.Outcome}: {finding.Message}");
        Assert.Contains(words, finding.Message, StringComparison.Ordinal);
        return finding;
    }

    public static string Fingerprint(string key) => SshKey.Parse(Convert.FromBase64String(key.Split(' ')[1])).Fingerprint;

    static string KeyText(byte seed) => "ssh-ed25519 " + Convert.ToBase64String([0, 0, 0, 11, .. "ssh-ed25519"u8, 0, 0, 0, 32, .. Enumerable.Repeat(seed, 32)]);

    /// <summary>A record of utmp.</summary>
    public static byte[] Utmp(int pid, string line, string user, string host, IPAddress? address, DateTimeOffset at)
    {
        var record = new byte[384];
        BinaryPrimitives.WriteInt16LittleEndian(record, 7);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), pid);
        Encoding.UTF8.GetBytes(line).CopyTo(record, 8);
        Encoding.UTF8.GetBytes(user).CopyTo(record, 44);
        Encoding.UTF8.GetBytes(host).CopyTo(record, 76);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(340), (uint)at.ToUnixTimeSeconds());
        address?.GetAddressBytes().CopyTo(record, 348);
        return record;
    }

    static string Home(string name) => name == "root" ? "/root" : $"/home/{name}";

    public void Dispose() => tree.Dispose();

    Task<CommandResult> Answer(string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        Commands.Add(Recording.CommandLine(program, arguments));
        return program switch
        {
            "/usr/bin/getent" when Directory => Task.FromResult(new CommandResult(0, "", "")),
            "/usr/bin/journalctl" => Task.FromResult(new CommandResult(0, journal, "")),
            _ when arguments.Contains("-T") => Task.FromResult(new CommandResult(0, "permitrootlogin no\n" + sshd, "")),
            _ => throw new CommandException($"{program}: is not here"),
        };
    }
}
