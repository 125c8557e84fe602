using System.Security.Cryptography;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Sshd;

/// <summary>The private host keys that sshd loads: who can read them, of what type and length they are.</summary>
static class HostKeys
{
    const int FileLimit = 64 << 10;

    /// <summary>One finding for each key file. A file that is missing is ignored, as sshd does.</summary>
    public static async Task<IReadOnlyList<Finding>> JudgeAsync(Machine machine, SshdAnswers answers, EffectiveConfig config, string subject, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        foreach (var path in config.All("hostkey"))
        {
            if (machine.Status(path) is not { } status) continue;
            try
            {
                findings.Add(Judge(path, status, await ReadAsync(machine, answers, path, cancel), GroupName(machine, status.Gid)));
            }
            catch (Exception e) when (e is IOException or FormatException)
            {
                findings.Add(Finding.Unknown(SshdRules.HostKeyFiles, path, $"the key cannot be read: {e.Message}"));
            }
        }
        return findings.Count > 0 ? findings : [Finding.Unknown(SshdRules.HostKeyFiles, subject, "no host key file was found (keys may be held by an agent)")];
    }

    public static Finding Judge(string path, FileStatus status, SshKey key, string? group)
    {
        var evidence = new Evidence
        {
            { "type", key.Type }, { "bits", key.Bits }, { "fingerprint", key.Fingerprint }, { "mode", status.OctalMode }, { "uid", status.Uid }, { "gid", status.Gid },
        };
        var fault = key.Weakness
            ?? (status.Uid != 0 ? $"it belongs to uid {status.Uid}, not to root" : null)
            ?? (IsTooOpen(status, group) ? $"its mode is {status.OctalMode}: others than root can read or change it" : null);
        return fault is null
            ? Finding.Pass(SshdRules.HostKeyFiles, path, $"{key.Type} with {key.Bits} bits, readable by root alone", evidence)
            : Finding.Fail(SshdRules.HostKeyFiles, path, $"host key {path}: {fault}", evidence);
    }

    /// <summary>Red Hat's way, 0640 with the group ssh_keys, serves only the signer of host-based logins.</summary>
    public static bool IsTooOpen(FileStatus status, string? group) => (status.Mode & (group == "ssh_keys" ? 0b000_011_111 : 0b000_111_111)) != 0;

    /// <summary>
    /// Whether sshd will load none. It refuses keys of its own user that others can read, which <c>sshd -T</c> run as another
    /// user does not notice.
    /// </summary>
    public static bool AllIgnored(Machine machine, EffectiveConfig config) =>
        config.All("hostkey").Select(path => machine.Status(path)).OfType<FileStatus>().ToArray() is { Length: > 0 } keys &&
        keys.All(key => key.Uid == 0 && IsTooOpen(key, GroupName(machine, key.Gid)));

    public static string? GroupName(Machine machine, uint gid) => NameFile.Lines(machine.ReadText("/etc/group") ?? "", 4)
        .FirstOrDefault(fields => !NameFile.IsComment(fields[0]) && NameFile.Number(fields[2]) == gid)?[0];

    /// <summary>The .pub file beside it may say anything: the type comes from the private key's own header.</summary>
    static async Task<SshKey> ReadAsync(Machine machine, SshdAnswers answers, string path, CancellationToken cancel)
    {
        var file = machine.ReadBytes(path, FileLimit) ?? throw new FileNotFoundException("it is gone");
        try
        {
            if (SshKey.OfPrivateFile(file) is { } key) return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
        }
        // An older PEM file has the public numbers only inside its private part.
        var result = await answers.AskAsync(machine, "/usr/bin/ssh-keygen", ["-y", "-P", "", "-f", path], SshdAnswers.Stamp(machine, [path]), cancel);
        if (result.ExitCode != 0 || result.Output.Split(' ') is not [_, var base64, ..]) throw new FormatException("ssh-keygen cannot read it");
        return SshKey.Parse(Convert.FromBase64String(base64.Trim()));
    }
}
