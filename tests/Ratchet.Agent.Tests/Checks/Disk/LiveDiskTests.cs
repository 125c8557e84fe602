using System.Diagnostics;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Disk;

/// <summary>The probes of the disk check against this very host.</summary>
public sealed class LiveDiskTests
{
    static readonly Machine Live = new("/", Command.RunAsync);

    [LoopFact]
    public void A_block_device_is_read_only_where_it_is_the_one_that_was_meant()
    {
        var image = Path.GetTempFileName();
        File.WriteAllBytes(image, [.. Luks2Builder.Both(Luks2Builder.Json()), .. new byte[1 << 20]]);
        var loop = Run("losetup", "--find", "--show", "--read-only", image).Trim();
        try
        {
            var number = Live.Status(loop)!.Device!;
            Assert.Equal($"7:{loop["/dev/loop".Length..]}", number);
            Assert.NotNull(LuksHeader.Read((offset, count) => Live.ReadAt(loop, number, offset, count)!));
            Assert.Throws<IOException>(() => Live.ReadAt(loop, "7:4711", 0, 512));
            var device = new DeviceTree(Live).Of(number)!;
            Assert.Equal((DeviceKind.Loop, image, loop), (device.Kind, device.BackingFile, device.File));
            Assert.Equal(number, new DeviceTree(Live).NumberOf(loop));
        }
        finally
        {
            Run("losetup", "--detach", loop);
            File.Delete(image);
        }
    }

    [Fact]
    public void What_is_no_block_device_is_not_read_as_one()
    {
        Assert.Throws<IOException>(() => Live.ReadAt("/dev/zero", null, 0, 512));
        Assert.Throws<IOException>(() => Live.ReadAt("/proc", null, 0, 512));
        Assert.Throws<IOException>(() => Live.ReadAt("/etc/passwd", "8:0", 0, 512));
        Assert.Null(Live.ReadAt("/dev/no-such-device", "8:0", 0, 512));
        var length = (int)new FileInfo("/etc/passwd").Length;
        Assert.Equal(2, Live.ReadAt("/etc/passwd", null, length - 2, 512)!.Length);
        Assert.Empty(Live.ReadAt("/etc/passwd", null, length + 10, 512)!);
    }

    [Fact]
    public void Links_are_resolved_within_the_root_that_is_looked_at()
    {
        using var tree = new DiskTree().Write("/a/b/c", "").Link("/l", "/a").Link("/up", "../../../../etc");
        var machine = new Machine(tree.Root, Command.RunAsync);
        Assert.Equal("/a/b/c", machine.Resolve("/l/b/../b/c"));
        Assert.Equal("/", machine.Resolve("/"));
        Assert.Equal("/", machine.Resolve("/a/../.."));
        Assert.Null(machine.Resolve("/up/passwd"));
        Assert.Equal(tree.Root + "/a", Live.Resolve(tree.Root + "/a/b/.."));
    }

    [Fact]
    public async Task This_host_has_a_finding_for_each_rule_and_its_root_is_judged()
    {
        var check = new DiskCheck(new Settings { Disk = new DiskSettings { Data = ["/"] } });
        var findings = await check.RunAsync(Live, CancellationToken.None);
        Assert.Empty(check.Rules.Except(findings.Select(finding => finding.Rule)));
        Assert.Contains(findings, finding => finding.Subject == "/" && finding.Rule == DiskRules.MountsEncrypted && finding.Evidence.Any(fact => fact.Key == "stack"));
    }

    [Fact]
    public async Task The_digest_stays_while_nothing_is_mounted()
    {
        var check = new DiskCheck(new Settings());
        var digest = await check.DigestAsync(Live, CancellationToken.None);
        Assert.NotNull(digest);
        Assert.Equal(digest, await check.DigestAsync(Live, CancellationToken.None));
        using var tree = new DiskTree();
        Assert.Null(await check.DigestAsync(new Machine(tree.Root, Command.RunAsync), CancellationToken.None));
    }

    [Fact]
    public void An_encryption_policy_tells_its_modes()
    {
        Assert.Equal(new EncryptionPolicy(2, "AES-256-XTS", "AES-256-CBC-CTS"), EncryptionPolicy.Parse([2, 1, 4, 3, 0, 0, 0, 0]));
        Assert.Equal(new EncryptionPolicy(0, "Adiantum", "mode 77"), EncryptionPolicy.Parse([0, 9, 77, 0]));
        Assert.Throws<IOException>(() => EncryptionPolicy.Parse([1, 1, 4]));
        Assert.Throws<IOException>(() => EncryptionPolicy.Parse([2]));
        Assert.Null(EncryptionPolicy.Of(Live, "/proc"));
    }

    static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }
}
