using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Sshd;

/// <summary>Host keys that ssh-keygen made.</summary>
public sealed class HostKeysTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("ratchet-keys-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SshdFact]
    public async Task Type_and_length_come_from_the_private_file()
    {
        var finding = await JudgeAsync("-t", "ecdsa", "-b", "384");
        Assert.Equal(Outcome.Pass, finding.Outcome);
        var evidence = finding.Evidence.ToJson();
        Assert.Equal(("ecdsa-sha2-nistp384", 384L), ((string)evidence["type"]!, (long)evidence["bits"]!));
        Assert.Contains((string)evidence["fingerprint"]!, SshdHost.Run("/usr/bin/ssh-keygen", "-l", "-f", $"{folder}/key.pub"), StringComparison.Ordinal);
    }

    [SshdFact]
    public async Task The_public_file_beside_it_is_not_believed()
    {
        SshdHost.Run("/usr/bin/ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", $"{folder}/key");
        SshdHost.Run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", $"{folder}/other");
        File.Copy($"{folder}/other.pub", $"{folder}/key.pub", overwrite: true);
        var finding = await JudgeAsync();
        Assert.Equal(Outcome.Fail, finding.Outcome);
        Assert.Contains("1024 bits", finding.Message, StringComparison.Ordinal);
    }

    [SshdFact]
    public async Task An_older_PEM_file_is_asked_of_ssh_keygen() =>
        Assert.Contains("1024 bits", (await JudgeAsync("-t", "rsa", "-b", "1024", "-m", "PEM")).Message, StringComparison.Ordinal);

    [SshdFact]
    public async Task A_key_that_others_can_read_fails()
    {
        SshdHost.Run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", $"{folder}/key");
        SshdHost.Run("/bin/chmod", "0644", $"{folder}/key");
        Assert.Contains("0644", (await JudgeAsync()).Message, StringComparison.Ordinal);
        Assert.True(HostKeys.AllIgnored(SshdHost.Machine(), EffectiveConfig.Parse($"hostkey {folder}/key\nhostkey {folder}/none")));
    }

    [SshdFact]
    public async Task A_key_of_another_owner_fails()
    {
        SshdHost.Run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", $"{folder}/key");
        SshdHost.Run("/bin/chown", "65534", $"{folder}/key");
        Assert.Contains("uid 65534", (await JudgeAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("rubbish")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n")]
    public async Task A_broken_key_file_is_unknown(string text)
    {
        File.WriteAllText($"{folder}/key", text);
        Assert.Equal(Outcome.Unknown, (await JudgeAsync()).Outcome);
    }

    [Fact]
    public async Task A_missing_file_is_ignored_where_there_is_another_and_unknown_where_there_is_none()
    {
        Assert.Equal(Outcome.Unknown, (await JudgeAsync()).Outcome);
    }

    [Fact]
    public void The_group_of_Red_Hat_may_read_and_no_other()
    {
        var status = new FileStatus(FileKind.Regular, 0b110_100_000, 0, 5, 400, default, default, 1);
        Assert.False(HostKeys.IsTooOpen(status, "ssh_keys"));
        Assert.True(HostKeys.IsTooOpen(status, "staff"));
    }

    async Task<Finding> JudgeAsync(params string[] keygen)
    {
        if (keygen.Length > 0) SshdHost.Run("/usr/bin/ssh-keygen", ["-q", .. keygen, "-N", "", "-f", $"{folder}/key"]);
        return Assert.Single(await HostKeys.JudgeAsync(SshdHost.Machine(), new SshdAnswers(), EffectiveConfig.Parse($"hostkey {folder}/key\nhostkey {folder}/none"), "subject", CancellationToken.None));
    }
}
