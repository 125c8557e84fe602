using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Aws;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>The EC2 API, opted in to, as a double on loopback: answers in the form of EC2, and each way not to answer.</summary>
public sealed class Ec2ApiTests
{
    const string Name = "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"", Secret = "wJalrXUtnFEMI/K7MDENG";

    static async Task<AwsHost> StartAsync(string rules = "", string volume = "<encrypted>true</encrypted><kmsKeyId>arn:aws:kms:us-east-1:123456789012:key/1</kmsKeyId>")
    {
        var host = await AwsHost.StartAsync();
        host.Delete("/etc/ratchet-agent/attest/aws.json");
        host.Aws = host.Aws with { Api = true, Endpoint = host.Service.Address + "/" };
        host.Service.Answers["/latest/meta-data/iam/security-credentials/"] = "ratchet-role";
        host.Service.Answers["/latest/meta-data/iam/security-credentials/ratchet-role"] = $$"""{ "Code": "Success", "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "{{Secret}}", "Token": "session", "Expiration": "2026-11-01T18:00:00Z" }""";
        Answer(host, "DescribeInstances", $"""
            <DescribeInstancesResponse {Name}><reservationSet><item><groupSet/><instancesSet><item><instanceId>{IdentitySigner.Instance}</instanceId>
              <metadataOptions><state>applied</state><httpTokens>required</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint></metadataOptions>
              <groupSet/><networkInterfaceSet><item><groupSet><item><groupId>{AwsHost.Group}</groupId></item></groupSet></item></networkInterfaceSet>
            </item></instancesSet></item></reservationSet></DescribeInstancesResponse>
            """);
        Answer(host, "DescribeInstanceTypes", $"<DescribeInstanceTypesResponse {Name}><instanceTypeSet/></DescribeInstanceTypesResponse>");
        Answer(host, "DescribeVolumes", $"""
            <DescribeVolumesResponse {Name}><volumeSet><item><volumeId>{AwsHost.Volume}</volumeId><attachmentSet><item><instanceId>{IdentitySigner.Instance}</instanceId><device>/dev/sda1</device></item></attachmentSet>{volume}</item></volumeSet></DescribeVolumesResponse>
            """);
        Answer(host, "DescribeSecurityGroupRules", $"<DescribeSecurityGroupRulesResponse {Name}><securityGroupRuleSet>{rules}</securityGroupRuleSet></DescribeSecurityGroupRulesResponse>");
        return host;
    }

    static void Answer(AwsHost host, string action, params string[] pages) => host.Service.Api[action] = new Queue<(int, string)>(pages.Select(page => (200, page)));

    static string Rule(string source, string protocol = "tcp", string from = "8443", string to = "8443", string egress = "false") =>
        $"<item><groupId>{AwsHost.Group}</groupId><isEgress>{egress}</isEgress><ipProtocol>{protocol}</ipProtocol><fromPort>{from}</fromPort><toPort>{to}</toPort>{source}</item>";

    [Fact]
    public async Task Volumes_groups_and_options_are_asked_for_with_the_role_s_credentials()
    {
        await using var host = await StartAsync(Rule("<cidrIpv4>0.0.0.0/0</cidrIpv4>", egress: "true", protocol: "-1", from: "-1", to: "-1") + Rule($"<referencedGroupInfo><groupId>{AwsHost.LoadBalancer}</groupId></referencedGroupInfo>"));
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "is encrypted, says the EC2 API", AwsHost.Volume);
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Pass, "the load balancer", "tcp");
        Assert.Equal(2L, (long?)(await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Pass, "")).Evidence.ToJson()["hop_limit"]);

        Assert.StartsWith("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20261101/us-east-1/ec2/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=", host.Service.Authorization, StringComparison.Ordinal);
        Assert.Contains($"Action=DescribeVolumes&Filter.1.Name=attachment.instance-id&Filter.1.Value.1={IdentitySigner.Instance}&Version=2016-11-15", host.Service.Requests);
    }

    [Fact]
    public async Task A_plain_volume_and_a_rule_for_everybody_fail()
    {
        await using var host = await StartAsync(Rule("<cidrIpv6>::/0</cidrIpv6>") + Rule("<cidrIpv4>0.0.0.0/0</cidrIpv4>", "-1", "-1", "-1"), "<encrypted>false</encrypted>");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Fail, "is not encrypted, says the EC2 API");
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Fail, "the internet (0.0.0.0/0)", "tcp 0.0.0.0:8443");
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Fail, "the internet", "tcp 0.0.0.0:22");
    }

    [Theory]
    [InlineData("<encryptionSupport>required</encryptionSupport>", nameof(Outcome.Pass))]
    [InlineData("<encryptionSupport>unsupported</encryptionSupport>", nameof(Outcome.Fail))]
    [InlineData(null, nameof(Outcome.Unknown))]
    public async Task Instance_store_is_judged_by_its_instance_type_where_the_role_may_ask(string? storage, string outcome)
    {
        await using var host = await StartAsync();
        host.AddDisk("nvme1n1", "Amazon EC2 NVMe Instance Storage", "AWS1234567890ABCDEF0", "259:9");
        host.Write("/proc/self/mountinfo", "30 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n31 30 259:9 / /scratch rw - ext4 /dev/nvme1n1 rw\n");
        if (storage is null) host.Service.Api["DescribeInstanceTypes"] = new Queue<(int, string)>([(403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>")]);
        else Answer(host, "DescribeInstanceTypes", $"<DescribeInstanceTypesResponse {Name}><instanceTypeSet><item><instanceType>m7i.large</instanceType><instanceStorageInfo>{storage}</instanceStorageInfo></item></instanceTypeSet></DescribeInstanceTypesResponse>");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Enum.Parse<Outcome>(outcome), "", "AWS1234567890ABCDEF0");
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Pass, "", AwsHost.Volume);
    }

    [Fact]
    public async Task Every_page_of_a_long_answer_counts()
    {
        await using var host = await StartAsync();
        string Page(string rule, string next) => $"<DescribeSecurityGroupRulesResponse {Name}><securityGroupRuleSet>{rule}</securityGroupRuleSet>{next}</DescribeSecurityGroupRulesResponse>";
        Answer(host, "DescribeSecurityGroupRules", Page("", "<nextToken>p2&amp;x</nextToken>"), Page(Rule("<cidrIpv4>0.0.0.0/0</cidrIpv4>"), ""));
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Fail, "the internet", "tcp");
        Assert.Contains(host.Service.Requests, request => request.Contains("NextToken=p2%26x", StringComparison.Ordinal));

        Answer(host, "DescribeSecurityGroupRules", Page("", "<nextToken>again</nextToken>"));
        host.Now += TimeSpan.FromHours(1);
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, "more than 20 pages");
    }

    [Fact]
    public async Task An_answer_without_its_set_is_no_answer()
    {
        await using var host = await StartAsync();
        Answer(host, "DescribeSecurityGroupRules", $"<DescribeSecurityGroupRulesResponse {Name}/>");
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, "has no securityGroupRuleSet");
    }

    [Theory]
    [InlineData(403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not</Message></Error></Errors></Response>", "UnauthorizedOperation; the instance's role needs the policy")]
    [InlineData(401, "<ErrorResponse><Errors><Error><Code>AuthFailure</Code></Error></Errors></ErrorResponse>", "AuthFailure; a clock")]
    [InlineData(200, "<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>", "InternalError")]
    [InlineData(503, "<html/>", "HTTP 503")]
    [InlineData(200, "not XML", "not well-formed")]
    [InlineData(200, "", "not well-formed")]
    [InlineData(200, "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "not well-formed")]
    [InlineData(200, "<DescribeInstancesResponse/>", "does not know i-0123456789abcdef0")]
    public async Task An_error_is_unknown_and_never_a_verdict(int status, string xml, string words)
    {
        await using var host = await StartAsync();
        host.Service.Api["DescribeInstances"] = new Queue<(int, string)>([(status, xml)]);
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Unknown, words);
        await host.AssertAsync(AwsRules.GroupsNarrow, Outcome.Unknown, words);
        Assert.All(await host.CheckAsync(), finding => Assert.DoesNotContain(Secret, finding.Message + finding.Evidence.ToJson(), StringComparison.Ordinal));
    }

    [Fact]
    public void An_answer_with_elements_without_end_is_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 100));
        Assert.Contains("more elements", Assert.Throws<FormatException>(() => Ec2Answer.Parse(System.Text.Encoding.UTF8.GetBytes(deep))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("role", null, "no role")]
    [InlineData("credentials", "{ \"Code\": \"Failed\" }", "something that is no credentials")]
    [InlineData("credentials", "{ \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"wJalrXUtnFEMI/K7MDENG\\r\\nHost: x\", \"Token\": \"t\" }", "something that is no credentials")]
    public async Task Without_credentials_it_is_not_asked(string what, string? answer, string words)
    {
        await using var host = await StartAsync();
        var path = "/latest/meta-data/iam/security-credentials/" + (what == "role" ? "" : "ratchet-role");
        if (answer is null) host.Service.Answers.Remove(path);
        else host.Service.Answers[path] = answer;
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Unknown, words);
        Assert.DoesNotContain(host.Service.Requests, request => request.StartsWith("Action", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Credentials_are_shown_to_nobody_where_the_identity_is_not_verified()
    {
        await using var host = await StartAsync();
        host.Aws = host.Aws with { Certificates = null };
        await host.AssertAsync(AwsRules.VolumesEncrypted, Outcome.Unknown, "whose instance this is, is not verified");
        Assert.DoesNotContain(host.Service.Requests, request => request.Contains("security-credentials", StringComparison.Ordinal) || request.StartsWith("Action", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Options_that_are_still_being_applied_are_not_in_force()
    {
        await using var host = await StartAsync();
        var page = host.Service.Api["DescribeInstances"].Dequeue().Xml.Replace("<state>applied</state>", "<state>pending</state>", StringComparison.Ordinal);
        Answer(host, "DescribeInstances", page);
        Assert.Null((await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Pass, "")).Evidence.ToJson()["http_tokens"]);
    }
}
