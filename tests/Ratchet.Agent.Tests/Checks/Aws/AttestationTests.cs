using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Checks.Time;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>The central attestation: in force, or saying nothing, with the reason in both verdicts that rest on it.</summary>
public sealed class AttestationTests
{
    static async Task AssertUnknownAsync(AwsHost host, string words)
    {
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, words);
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Unknown, words);
    }

    [Fact]
    public async Task A_missing_one_is_unknown()
    {
        await using var host = await AwsHost.StartAsync();
        host.Delete("/etc/ratchet-agent/attest/aws.json");
        await AssertUnknownAsync(host, "there is no /etc/ratchet-agent/attest/aws.json");
    }

    [Fact]
    public async Task One_past_its_own_end_is_unknown()
    {
        await using var host = await AwsHost.StartAsync();
        host.Now += TimeSpan.FromHours(24);
        await AssertUnknownAsync(host, "was valid until");
    }

    [Fact]
    public async Task One_older_than_the_policy_allows_is_unknown_whatever_it_says_itself()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(generated: host.Now.AddDays(-3));
        await AssertUnknownAsync(host, "older than aws.attestationAge allows");
    }

    /// <summary>A clock that is behind makes what is stale look fresh. Whose instance it is, the clock does not change.</summary>
    [Fact]
    public async Task One_that_cannot_be_told_to_be_fresh_is_unknown()
    {
        await using var host = await AwsHost.StartAsync();
        var state = new ClockState(Keeping.Kept, "chrony.service", TimeSpan.FromSeconds(1), "chrony keeps the clock");
        foreach (var (clock, isFresh) in new[] { (state, true), (new ClockState(Keeping.Not, null, null, "the kernel's clock is not synchronised"), false), (new ClockState(Keeping.Unknown, null, null, "nobody can be asked"), true) })
        {
            host.Survey = new AwsSurvey(TimeSpan.FromMinutes(1), new HostClock((_, _) => Task.FromResult(clock)));
            await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Pass, "");
            if (isFresh) await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "");
            else await AssertUnknownAsync(host, "cannot be told to be fresh: the host's clock is not synchronised");
        }
    }

    [Fact]
    public async Task One_of_a_time_that_has_not_come_is_unknown()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(generated: host.Now.AddMinutes(10));
        await AssertUnknownAsync(host, "a time that has not come");
        host.Attest(generated: host.Now.AddMinutes(4));
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "");
    }

    [Theory]
    [InlineData("\"security_group_rules\": [", "\"others\": [", "does not say which rules the security groups have")]
    [InlineData("\"security_groups\": [\"sg-0123456789abcdef0\"]", "\"security_groups\": []", "does not say which security groups the instance has")]
    public async Task What_it_does_not_say_of_groups_is_no_closed_door(string said, string unsaid, string words)
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest();
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "");
        host.Replace("/etc/ratchet-agent/attest/aws.json", said, unsaid);
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, words);
    }

    [Fact]
    public async Task One_of_another_instance_or_account_is_unknown()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(instance: "i-0fedcba9876543210");
        await AssertUnknownAsync(host, "is of i-0fedcba9876543210, and this is i-0123456789abcdef0");
        host.Attest(account: "999999999999");
        await AssertUnknownAsync(host, "is of account 999999999999");
    }

    [Fact]
    public async Task Without_identity_the_firmware_s_instance_id_is_enough_and_without_both_nothing()
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.TokenStatus = 503;
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "");
        host.Delete("/sys/class/dmi/id/board_asset_tag");
        await AssertUnknownAsync(host, "cannot be told to be this instance's");
    }

    [Theory]
    [InlineData("/etc/ratchet-agent/attest/aws.json")]
    [InlineData("/etc/ratchet-agent/attest")]
    public async Task One_that_others_than_root_can_write_or_exchange_is_unknown(string place)
    {
        await using var host = await AwsHost.StartAsync();
        host.AttestationModes[place] |= 0b000_010_000;
        await AssertUnknownAsync(host, $"{place} can be written by others than root");
    }

    [Theory]
    [InlineData("", "is not the JSON")]
    [InlineData("[]", "$: expected an object")]
    [InlineData("{", "is not the JSON")]
    [InlineData("""{ "schema": 2 }""", "$.schema")]
    [InlineData("""{ "schema": 1, "generated": "2026-11-01T11:00:00Z", "instance_id": "i-0123456789abcdef0" }""", "$.source")]
    [InlineData("""{ "schema": 1, "source": "x", "generated": "yesterday", "instance_id": "i-0123456789abcdef0" }""", "$.generated")]
    [InlineData("""{ "schema": 1, "source": "x", "generated": "2026-11-01T11:00:00Z", "instance_id": "i-1" }""", "$.instance_id")]
    [InlineData("""{ "schema": 1, "source": "x", "generated": "2026-11-01T11:00:00Z", "instance_id": "i-0123456789abcdef0", "volumes": [{ "id": "vol-0123456789abcdef0" }] }""", "$.volumes[].encrypted")]
    [InlineData("""{ "schema": 1, "source": "x", "generated": "2026-11-01T11:00:00Z", "instance_id": "i-0123456789abcdef0", "volumes": [{ "id": "vol-0123456789abcdef0", "encrypted": "true" }] }""", "is not the JSON")]
    [InlineData("""{ "schema": 1, "source": "x", "generated": "2026-11-01T11:00:00Z", "instance_id": "i-0123456789abcdef0", "security_group_rules": [{ "group": "sg-0123456789abcdef0", "dir": "in", "proto": "tcp", "from": 443, "to": 80, "src": "10.0.0.0/8" }] }""", "the ports 443 to 80")]
    [InlineData("""{ "schema": 1, "source": "x", "generated": "2026-11-01T11:00:00Z", "instance_id": "i-0123456789abcdef0", "security_group_rules": [{ "group": "sg-0123456789abcdef0", "dir": "in", "proto": "tcp", "src": "everybody" }] }""", "a rule from 'everybody'")]
    [InlineData("""{ "schema": 1, "source": "x", "generated": "2026-11-01T11:00:00Z", "instance_id": "i-0123456789abcdef0", "security_group_rules": [{ "group": "sg-0123456789abcdef0", "proto": "tcp", "src": "10.0.0.0/8" }] }""", "dir")]
    public void A_malformed_one_is_refused_with_the_place(string json, string words)
    {
        var message = Assert.Throws<FormatException>(() => AttestationFile.Parse(Encoding.UTF8.GetBytes(json), "aws.json")).Message;
        Assert.StartsWith("aws.json: ", message, StringComparison.Ordinal);
        Assert.Contains(words, message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_attestation_in_the_documentation_is_accepted()
    {
        var readme = File.ReadAllText(Path.Combine(Hosts.Repository.Root, "docs/areas.md"));
        var start = readme.IndexOf("{\n  \"schema\": 1", StringComparison.Ordinal);
        var read = AttestationFile.Parse(Encoding.UTF8.GetBytes(readme[start..readme.IndexOf("```", start, StringComparison.Ordinal)]), "README");
        Assert.Equal(("sg-0aaaaaaaaaaaaaaaa", 8443, true, true), (read.Rules![0].Source, read.Rules[0].From, read.Volumes![0].Encrypted, read.InstanceStoreEncrypted));
    }

    [Fact]
    public async Task Mutated_ones_are_refused_or_read_and_nothing_else()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(AwsHost.RuleFrom("0.0.0.0/0", 443));
        var (good, random) = (File.ReadAllBytes(host.Folder["root/etc/ratchet-agent/attest/aws.json"]), new Random(3));
        for (var i = 0; i < 3000; i++)
        {
            var bytes = i < good.Length ? good[..i] : (byte[])good.Clone();
            if (i >= good.Length) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                AttestationFile.Parse(bytes, "aws.json");
            }
            catch (FormatException)
            {
                // Refused.
            }
        }
    }
}
