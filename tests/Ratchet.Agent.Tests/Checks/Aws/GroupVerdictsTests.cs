using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>Rules of security groups, joined with what listens: 8443 and 22 on all addresses, 5432 on 10.0.0.5, 9000 on loopback.</summary>
public sealed class GroupVerdictsTests
{
    [Theory]
    // The internet, in each way to write it.
    [InlineData("tomcat", "0.0.0.0/0", 8443, "tcp", nameof(Outcome.Fail), "the internet (0.0.0.0/0)")]
    [InlineData("tomcat", "0.0.0.0/1", 8443, "tcp", nameof(Outcome.Fail), "public addresses (0.0.0.0/1)")]
    [InlineData("tomcat", "203.0.113.7/32", 8443, "tcp", nameof(Outcome.Fail), "public addresses (203.0.113.7/32)")]
    [InlineData("tomcat", "0.0.0.0/0", 8443, "6", nameof(Outcome.Fail), "the internet")]
    [InlineData("tomcat", "0.0.0.0/0", null, "-1", nameof(Outcome.Fail), "the internet")]
    [InlineData("tomcat", "10.0.0.0/7", 8443, "tcp", nameof(Outcome.Fail), "public addresses")]
    // What the roles mean.
    [InlineData("tomcat", AwsHost.LoadBalancer, 8443, "tcp", nameof(Outcome.Pass), "the load balancer")]
    [InlineData("tomcat", AwsHost.Application, 8443, "tcp", nameof(Outcome.Pass), "the application group")]
    [InlineData("tomcat", AwsHost.Bastion, 8443, "tcp", nameof(Outcome.Fail), "operators")]
    [InlineData("tomcat", "sg-0dddddddddddddddd", 8443, "tcp", nameof(Outcome.Fail), "sg-0dddddddddddddddd")]
    [InlineData("tomcat", "10.0.0.0/8", 8443, "tcp", nameof(Outcome.Fail), "10.0.0.0/8")]
    [InlineData("tomcat", AwsHost.Bastion, 22, "tcp", nameof(Outcome.Pass), "operators")]
    [InlineData("tomcat", "10.9.0.128/25", 22, "tcp", nameof(Outcome.Pass), "operators")]
    [InlineData("tomcat", "10.9.0.0/16", 22, "tcp", nameof(Outcome.Fail), "10.9.0.0/16")]
    [InlineData("tomcat", AwsHost.Application, 22, "tcp", nameof(Outcome.Fail), "SSH is for operators")]
    [InlineData("tomcat", "0.0.0.0/0", 22, "tcp", nameof(Outcome.Fail), "SSH is for operators")]
    // Databases: the application group alone, by SQL and by SSH.
    [InlineData("postgres", AwsHost.Application, 5432, "tcp", nameof(Outcome.Pass), "the application group")]
    [InlineData("postgres", AwsHost.Application, 22, "tcp", nameof(Outcome.Pass), "the application group")]
    [InlineData("postgres", AwsHost.Bastion, 22, "tcp", nameof(Outcome.Fail), "for the application group alone")]
    [InlineData("postgres", AwsHost.LoadBalancer, 5432, "tcp", nameof(Outcome.Fail), "for the application group alone")]
    [InlineData("postgres", "10.0.0.0/8", 5432, "tcp", nameof(Outcome.Fail), "for the application group alone")]
    // What is in a prefix list cannot be seen.
    [InlineData("tomcat", "pl-0123456789abcdef0", 8443, "tcp", nameof(Outcome.Unknown), "prefix list")]
    public async Task A_source_may_touch_what_its_role_needs(string role, string source, int? port, string protocol, string outcome, string words)
    {
        await using var host = await AwsHost.StartAsync();
        host.Roles = [role];
        host.Attest(AwsHost.RuleFrom(source, port, protocol));
        await host.AssertAsync(AwsRules.GroupsNarrow, Enum.Parse<Outcome>(outcome), words, "tcp");
    }

    [Theory]
    [InlineData(9000)]
    [InlineData(4444)]
    public async Task A_rule_without_a_listener_that_it_reaches_lets_nobody_in_and_is_noted(int port)
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(AwsHost.RuleFrom("0.0.0.0/0", port));
        var finding = await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "let nobody touch a listener", "security groups");
        Assert.Equal($"tcp {port} from the internet (0.0.0.0/0)", (string?)finding.Evidence.ToJson()["without_listener"]![0]);
    }

    [Fact]
    public async Task IPv6_ranges_reach_no_listener_that_takes_IPv4_alone()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(AwsHost.RuleFrom("::/0", 8443));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "", "security groups");
        host.Write("/proc/net/tcp6", AwsHost.TableHead + "   0: 00000000000000000000000000000000:20FB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2000 1 0 100 0 0 10 0\n");
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Fail, "the internet (::/0)", "tcp");
        // The wildcard of IPv6 takes IPv4 too, as far as anybody knows.
        host.Listen();
        host.Attest(AwsHost.RuleFrom("0.0.0.0/0", 8443));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Fail, "the internet (0.0.0.0/0)", "tcp");
    }

    [Fact]
    public async Task Rules_of_all_groups_add_up_and_the_worst_source_decides()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest(AwsHost.RuleFrom(AwsHost.LoadBalancer, 8443) + "," + AwsHost.RuleFrom("0.0.0.0/0", 8443) + "," + AwsHost.RuleFrom(AwsHost.Bastion, 22));
        var finding = await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Fail, "the internet", "tcp 0.0.0.0:8443");
        Assert.Equal(2, finding.Evidence.ToJson()["opened_to"]!.AsArray().Count);
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "", "tcp 0.0.0.0:22");
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.NotApplicable, "2 listeners", "security groups");
    }

    [Fact]
    public async Task Outbound_rules_and_rules_of_ICMP_open_no_listener()
    {
        await using var host = await AwsHost.StartAsync();
        host.Attest($$"""{ "group": "{{AwsHost.Group}}", "dir": "out", "proto": "-1", "src": "0.0.0.0/0" }, """ + AwsHost.RuleFrom("0.0.0.0/0", null, "icmp"));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "let nobody touch", "security groups");
    }

    [Fact]
    public async Task A_group_that_was_attached_since_is_unknown_and_one_that_was_taken_off_lets_nobody_in()
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.Answers["/latest/meta-data/network/interfaces/macs/0a:1b:2c:3d:4e:5f/security-group-ids"] = $"{AwsHost.Group}\nsg-0eeeeeeeeeeeeeeee";
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, "sg-0eeeeeeeeeeeeeeee is attached, and ec2:DescribeVolumes");

        host.Service.Answers["/latest/meta-data/network/interfaces/macs/0a:1b:2c:3d:4e:5f/security-group-ids"] = AwsHost.Group;
        host.Now += TimeSpan.FromHours(1);
        host.Attest(AwsHost.RuleFrom("0.0.0.0/0", 8443).Replace(AwsHost.Group, "sg-0eeeeeeeeeeeeeeee", StringComparison.Ordinal));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "", "security groups");
    }

    [Fact]
    public async Task Groups_of_every_interface_count()
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.Answers["/latest/meta-data/network/interfaces/macs/"] = "0a:1b:2c:3d:4e:5f/\n0a:1b:2c:3d:4e:60/";
        host.Service.Answers["/latest/meta-data/network/interfaces/macs/0a:1b:2c:3d:4e:60/security-group-ids"] = "sg-0eeeeeeeeeeeeeeee";
        host.Service.Answers["/latest/meta-data/network/interfaces/macs/0a:1b:2c:3d:4e:60/public-ipv4s"] = "203.0.113.9";
        var finding = await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, "sg-0eeeeeeeeeeeeeeee is attached");
        Assert.True((bool?)finding.Evidence.ToJson()["public_address"]);
    }

    [Fact]
    public async Task Without_a_policy_the_internet_fails_and_nothing_is_known_of_others()
    {
        await using var host = await AwsHost.StartAsync();
        host.Aws = host.Aws with { Groups = new AwsGroups() };
        host.Attest(AwsHost.RuleFrom("0.0.0.0/0", 8443));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Fail, "the internet", "tcp");
        host.Attest(AwsHost.RuleFrom("10.0.0.0/8", 8443));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, "say of nobody who he is", "tcp");
        host.Attest(AwsHost.RuleFrom("10.0.0.0/8", 22));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, "aws.groups.operators names nobody", "tcp");
        host.Roles = ["postgres"];
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, "aws.groups.application names no group", "tcp");
    }

    [Fact]
    public async Task Openings_are_the_site_s_own_decision_and_a_web_server_s_ports_everybody_s()
    {
        await using var host = await AwsHost.StartAsync();
        host.Aws = host.Aws with { Openings = [new AwsOpening(new PortRange(5432, 5433), ["sg-0eeeeeeeeeeeeeeee", "203.0.113.0/24", "pl-0123456789abcdef0"])] };
        host.Roles = ["postgres"];
        host.Attest(AwsHost.RuleFrom("sg-0eeeeeeeeeeeeeeee", 5432) + "," + AwsHost.RuleFrom("203.0.113.9/32", 5432) + "," + AwsHost.RuleFrom("pl-0123456789abcdef0", 5432));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "", "tcp 10.0.0.5:5432");

        host.Roles = ["web"];
        host.Listen((443, "00000000"), (8080, "00000000"));
        host.Attest(AwsHost.RuleFrom("0.0.0.0/0", 443));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "the internet", "tcp");
        host.Attest(AwsHost.RuleFrom("0.0.0.0/0", 8080));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Fail, "the internet", "tcp");
    }

    [Fact]
    public async Task A_UDP_client_s_port_is_no_listener()
    {
        await using var host = await AwsHost.StartAsync();
        host.Write("/proc/net/udp", AwsHost.TableHead + "   0: 00000000:C350 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 3000 2 0 0\n");
        host.Attest(AwsHost.RuleFrom("10.0.0.0/8", null, "udp"));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "let nobody touch", "security groups");
    }

    [Fact]
    public async Task Listeners_that_cannot_be_read_make_this_rule_unknown_and_no_other()
    {
        await using var host = await AwsHost.StartAsync();
        host.Delete("/proc/net/tcp");
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, "no table of tcp sockets");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "");
    }
}
