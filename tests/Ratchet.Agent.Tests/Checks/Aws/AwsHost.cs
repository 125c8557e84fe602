using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>An EC2 instance on which everything is as it should be, to be changed by a test: its files, and the services that it asks.</summary>
sealed class AwsHost : IAsyncDisposable
{
    public const string Volume = "vol-0123456789abcdef0", Group = "sg-0123456789abcdef0", LoadBalancer = "sg-0aaaaaaaaaaaaaaaa", Application = "sg-0bbbbbbbbbbbbbbbb", Bastion = "sg-0cccccccccccccccc";
    const string AttestationPath = "/etc/ratchet-agent/attest/aws.json";

    public const string TableHead = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    readonly HandClock clock = new();

    public Folder Folder { get; } = new();

    public IdentitySigner Signer { get; }

    public MetadataDouble Service { get; private init; } = null!;

    public AwsSettings Aws { get; set; } = null!;

    public Settings Settings => new() { Aws = Aws, Roles = Roles, Disk = Disk };

    public IReadOnlyList<string> Roles { get; set; } = ["tomcat"];

    public DiskSettings Disk { get; set; } = new();

    public AwsSurvey Survey { get; set; } = new(TimeSpan.FromMinutes(1));

    public DateTimeOffset Now { get => clock.Now; set => clock.Now = value; }

    AwsHost() => Signer = new IdentitySigner(Folder);

    public static async Task<AwsHost> StartAsync()
    {
        var host = new AwsHost { Service = await MetadataDouble.StartAsync() };
        host.Write("/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
        host.Write("/sys/class/dmi/id/board_asset_tag", IdentitySigner.Instance + "\n");
        host.AddDisk("nvme0n1", "Amazon Elastic Block Store              ", Volume.Replace("-", "", StringComparison.Ordinal) + " ");
        host.Write("/proc/self/mountinfo", "30 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n");
        host.Write("/proc/swaps", "Filename Type Size Used Priority\n");
        host.Listen((8443, "00000000"), (5432, "0500000A"), (22, "00000000"), (9000, "0100007F"));
        host.Write("/proc/net/udp", TableHead);
        host.Write("/etc/iid.pem", host.Signer.Table());
        host.Aws = new AwsSettings
        {
            Metadata = host.Service.Address, Certificates = "/etc/iid.pem",
            Groups = new AwsGroups { LoadBalancer = [LoadBalancer], Application = [Application], Operators = [Bastion, "10.9.0.0/24"] },
        };
        host.Service.Answers["/latest/meta-data/instance-id"] = IdentitySigner.Instance;
        host.Service.Answers["/latest/dynamic/instance-identity/rsa2048"] = host.Signer.Sign(IdentitySigner.Document);
        host.Service.Answers["/latest/meta-data/network/interfaces/macs/"] = "0a:1b:2c:3d:4e:5f/\n";
        host.Service.Answers["/latest/meta-data/network/interfaces/macs/0a:1b:2c:3d:4e:5f/security-group-ids"] = Group;
        host.Attest();
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Folder.Dispose();
    }

    public void Write(string path, string text) => Folder.Write("root" + path, text);

    public void Replace(string path, string old, string text)
    {
        var before = File.ReadAllText(Folder["root" + path]);
        Assert.Contains(old, before, StringComparison.Ordinal);
        Write(path, before.Replace(old, text, StringComparison.Ordinal));
    }

    public void Delete(string path) => File.Delete(Folder["root" + path]);

    /// <summary>A whole disk in sysfs.</summary>
    public void AddDisk(string name, string? model, string? serial, string number = "259:0")
    {
        var directory = $"/sys/dev/block/{number}";
        Write($"{directory}/uevent", $"DEVNAME={name}\n");
        Write($"{directory}/dev", number + "\n");
        if (model is not null) Write($"{directory}/device/model", model + "\n");
        if (serial is not null) Write($"{directory}/device/serial", serial + "\n");
    }

    /// <summary>TCP listeners by port and address (as /proc/net/tcp writes it).</summary>
    public void Listen(params (int Port, string Address)[] listeners) =>
        Write("/proc/net/tcp", TableHead + string.Concat(listeners.Select((listener, index) => $"   {index}: {listener.Address}:{listener.Port:X4} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 {1000 + index} 1 0 100 0 0 10 0\n")));

    /// <summary>The attestation, with what a test changes of it.</summary>
    /// <param name="rules">The inbound rules, as JSON objects.</param>
    public void Attest(string rules = "", string? volumes = null, string? extra = null, string? instance = null, DateTimeOffset? generated = null, string account = IdentitySigner.Account) => Write(AttestationPath, $$"""
        { "schema": 1, "generated": "{{generated ?? Now.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}}", "valid_until": "{{Now.AddHours(23):yyyy-MM-ddTHH:mm:ssZ}}", "source": "ec2:DescribeVolumes",
          "account": "{{account}}", "region": "us-east-1", "instance_id": "{{instance ?? IdentitySigner.Instance}}", {{extra}}
          "metadata_options": { "http_tokens": "required", "http_endpoint": "enabled", "hop_limit": 1 },
          "volumes": [{{volumes ?? $$"""{ "id": "{{Volume}}", "device": "/dev/sda1", "encrypted": true, "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1", "key_manager": "CUSTOMER" }"""}}],
          "security_groups": ["{{Group}}"], "security_group_rules": [{{rules}}] }
        """);

    public static string RuleFrom(string source, int? port, string protocol = "tcp") =>
        $$"""{ "group": "{{Group}}", "dir": "in", "proto": "{{protocol}}", "from": {{port?.ToString() ?? "null"}}, "to": {{port?.ToString() ?? "null"}}, "src": "{{source}}" }""";

    public Machine Machine() => new(Folder["root"], (program, _, _) => throw new CommandException($"{program}: no commands here"), clock,
        AttestationModes.ToDictionary(entry => entry.Key, entry => new FileStatus(entry.Key == AttestationPath ? FileKind.Regular : FileKind.Directory, entry.Value, 0, 0, 1, Now, Now, 1)), Web.AskAsync);

    /// <summary>Of the attestation and the directories above it, which are root's.</summary>
    public Dictionary<string, int> AttestationModes { get; } = new()
    {
        ["/"] = 0b111_101_101, ["/etc"] = 0b111_101_101, ["/etc/ratchet-agent"] = 0b111_101_101, ["/etc/ratchet-agent/attest"] = 0b111_101_101, [AttestationPath] = 0b110_000_000,
    };

    public Task<IReadOnlyList<Finding>> CheckAsync() => new AwsCheck(Settings, Survey).RunAsync(Machine(), CancellationToken.None);

    /// <summary>The finding of a rule on a subject that begins so, which must have this verdict and these words.</summary>
    public async Task<Finding> AssertAsync(Rule rule, Outcome outcome, string words, string subject = "")
    {
        var findings = (await CheckAsync()).Where(finding => finding.Rule == rule && finding.Subject.StartsWith(subject, StringComparison.Ordinal)).ToArray();
        var finding = findings.FirstOrDefault(finding => finding.Outcome == outcome && finding.Message.Contains(words, StringComparison.Ordinal));
        Assert.True(finding is not null, string.Join('\n', findings.Select(finding => $"{finding.Outcome} {finding.Subject}: {finding.Message}")));
        return finding!;
    }
}
