using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Configuration;

public sealed class AwsSettingsTests
{
    static string[] Places(AwsSettings aws) => [.. SettingsRules.Broken(new Settings { Aws = aws }).Select(rule => rule.Place)];

    [Theory]
    [InlineData("http://169.254.169.254", true)]
    [InlineData("http://[fd00:ec2::254]", true)]
    [InlineData("http://127.0.0.1:1338", true)]
    [InlineData("http://169.254.169.254/latest", false)]
    [InlineData("https://169.254.169.254", false)]
    [InlineData("http://metadata.example", false)]
    [InlineData("http://10.0.0.1", false)]
    [InlineData("nonsense", false)]
    public void The_metadata_service_is_where_AWS_has_it_or_on_loopback(string address, bool isRight) =>
        Assert.Equal(isRight ? [] : ["$.aws.metadata"], Places(new AwsSettings { Metadata = address }));

    [Theory]
    [InlineData("https://vpce-1-ec2.us-east-1.vpce.amazonaws.com", true)]
    [InlineData("http://127.0.0.1:5000", true)]
    [InlineData("http://ec2.us-east-1.amazonaws.com", false)]
    [InlineData("https://user@ec2.us-east-1.amazonaws.com", false)]
    [InlineData("https://ec2.us-east-1.amazonaws.com/path", false)]
    public void The_API_is_asked_over_https(string address, bool isRight) => Assert.Equal(isRight ? [] : ["$.aws.endpoint"], Places(new AwsSettings { Endpoint = address }));

    [Fact]
    public void Sources_are_ids_or_ranges_and_an_attestation_grows_old() => Assert.Equal(
        ["$.aws.certificates", "$.aws.attestation", "$.aws.attestationAge", "$.aws.groups.loadBalancer[0]", "$.aws.groups.operators[1]", "$.aws.openings[0].from", "$.aws.openings[1].from[0]"],
        Places(new AwsSettings
        {
            Certificates = "x.pem", Attestation = "y.json", AttestationAge = TimeSpan.FromDays(31),
            Groups = new AwsGroups { LoadBalancer = ["my-group"], Application = ["sg-12345678", "pl-0123456789abcdef0"], Operators = ["10.0.0.0/8", "10.0.0.0/33"] },
            Openings = [new AwsOpening(new PortRange(1, 2), []), new AwsOpening(new PortRange(1, 2), ["everybody"])],
        }));

    [Fact]
    public void They_are_read_from_the_configuration_with_their_defaults_kept()
    {
        using var folder = new Fixtures.Folder();
        var file = folder.Write("agent.json", """{ "aws": { "api": true, "groups": { "application": ["sg-12345678"] }, "openings": [{ "port": "5044-5045", "from": ["10.0.0.0/8"] }] } }""");
        var aws = SettingsFile.Load(file, new Dictionary<string, string>()).Settings.Aws;
        Assert.True(aws.Api);
        Assert.Equal("http://169.254.169.254", aws.Metadata);
        Assert.Equal(TimeSpan.FromDays(2), aws.AttestationAge);
        Assert.Equal(new PortRange(5044, 5045), aws.Openings[0].Port);
        Assert.Equal(["sg-12345678"], aws.Groups.Application);
    }
}
