using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>The identity document: verified, forged, or not to be told; and what of it every record carries.</summary>
public sealed class IdentityTests
{
    const string Path = "/latest/dynamic/instance-identity/rsa2048";

    [Fact]
    public async Task A_document_signed_for_the_region_passes_and_every_record_says_where_the_host_stands()
    {
        await using var host = await AwsHost.StartAsync();
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Pass, $"{IdentitySigner.Instance} of account {IdentitySigner.Account}");

        var speaker = Speaker.Of(host.Machine(), "web01", host.Survey.Cloud);
        var record = Payload.Stop(speaker, host.Now);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""
            { "provider": "aws", "service": { "name": "EC2" }, "account": { "id": "123456789012" }, "region": "us-east-1", "instance": { "id": "i-0123456789abcdef0" },
              "availability_zone": "us-east-1a", "machine": { "type": "m7i.large" } }
            """), record["cloud"]), record.ToJsonString());
    }

    [Fact]
    public async Task At_the_start_of_the_service_the_place_is_learnt_before_the_first_record()
    {
        await using var host = await AwsHost.StartAsync();
        await host.Survey.LearnPlaceAsync(host.Machine(), host.Aws, CancellationToken.None);
        Assert.Equal(IdentitySigner.Instance, host.Survey.Cloud.Place?.Instance);
        Assert.Single(host.Service.Requests, request => request.StartsWith("PUT", StringComparison.Ordinal));
        await host.CheckAsync();
        Assert.Single(host.Service.Requests, request => request.StartsWith("PUT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Records_of_a_host_that_is_not_verified_name_no_cloud()
    {
        await using var host = await AwsHost.StartAsync();
        host.Aws = host.Aws with { Certificates = null };
        await host.CheckAsync();
        Assert.Null(Payload.Stop(Speaker.Of(host.Machine(), "web01", host.Survey.Cloud), host.Now)["cloud"]);
    }

    [Fact]
    public async Task A_region_that_is_not_in_the_table_is_unknown_and_names_the_remedy()
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.Answers[Path] = host.Signer.Sign(IdentitySigner.DocumentOf(IdentitySigner.Instance, "us-moon-1"));
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Unknown, "no certificate for the region us-moon-1: name it in aws.certificates");
    }

    [Fact]
    public async Task A_signer_that_nobody_knows_is_unknown_because_AWS_may_have_a_new_one()
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.Answers[Path] = new IdentitySigner(host.Folder, "stranger").Sign(IdentitySigner.Document);
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Unknown, "that is not in the table");
        Assert.Null(host.Survey.Cloud.Place);
    }

    [Fact]
    public async Task A_document_that_was_changed_after_it_was_signed_fails_and_takes_the_place_away()
    {
        await using var host = await AwsHost.StartAsync();
        await host.CheckAsync();
        Assert.NotNull(host.Survey.Cloud.Place);
        var bytes = Convert.FromBase64String(host.Signer.Sign(IdentitySigner.Document, "-noattr"));
        bytes[bytes.AsSpan().IndexOf("123456789012"u8)] = (byte)'9';
        host.Service.Answers[Path] = Convert.ToBase64String(bytes);
        host.Now += TimeSpan.FromHours(1);
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Fail, "not that of the certificate of us-east-1");
        Assert.Null(host.Survey.Cloud.Place);
    }

    [Fact]
    public async Task A_good_document_of_another_instance_fails()
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.Answers[Path] = host.Signer.Sign(IdentitySigner.DocumentOf("i-0fedcba9876543210"));
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Fail, "answers for i-0fedcba9876543210, and the firmware says that this is i-0123456789abcdef0");
    }

    [Fact]
    public async Task An_outage_leaves_the_place_that_was_verified_before()
    {
        await using var host = await AwsHost.StartAsync();
        await host.CheckAsync();
        host.Service.TokenStatus = 503;
        host.Now += TimeSpan.FromHours(2);
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Unknown, "HTTP 503");
        Assert.Equal(IdentitySigner.Instance, host.Survey.Cloud.Place?.Instance);
    }

    [Fact]
    public async Task A_certificate_whose_days_are_over_proves_nothing()
    {
        await using var host = await AwsHost.StartAsync();
        host.Now = new DateTimeOffset(2191, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Unknown, "is not valid today");
    }

    [Fact]
    public async Task A_missing_or_broken_file_of_certificates_is_unknown()
    {
        await using var host = await AwsHost.StartAsync();
        host.Aws = host.Aws with { Certificates = "/etc/none.pem" };
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Unknown, "/etc/none.pem (aws.certificates) is missing");
        host.Write("/etc/none.pem", "hello\n");
        host.Aws = host.Aws with { Certificates = "/etc/none.pem" , Api = false };
        host.Now += TimeSpan.FromHours(1);
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Unknown, "/etc/none.pem:1");
    }

    [Theory]
    [InlineData("""{ "accountId": "1", "region": "us-east-1", "instanceId": "i-0123456789abcdef0" }""", "accountId")]
    [InlineData("""{ "accountId": "123456789012", "region": "us-east-1.evil.example/", "instanceId": "i-0123456789abcdef0" }""", "region")]
    [InlineData("""{ "accountId": "123456789012", "region": "us-east-1", "instanceId": "i-0123456789abcdef0\n" }""", "instanceId")]
    [InlineData("""{ "accountId": 123456789012, "region": "us-east-1", "instanceId": "i-0123456789abcdef0" }""", "JSON")]
    [InlineData("""["accountId"]""", "JSON")]
    [InlineData("""{ "region": "us-east-1", "instanceId": "i-0123456789abcdef0" }""", "no accountId")]
    [InlineData("", "JSON")]
    public void A_document_without_the_form_of_one_is_refused(string json, string words) =>
        Assert.Contains(words, Assert.Throws<FormatException>(() => IdentityDocument.Parse(System.Text.Encoding.UTF8.GetBytes(json))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_directory_that_is_looked_at_in_place_of_the_root_asks_nobody()
    {
        await using var host = await AwsHost.StartAsync();
        var recorded = new Machine(host.Folder["root"], Command.RunAsync);
        var findings = await new AwsCheck(host.Settings, new AwsSurvey()).RunAsync(recorded, CancellationToken.None);
        Assert.Contains(findings, finding => finding.Rule == AwsRules.IdentityVerified && finding.Outcome == Outcome.Unknown && finding.Message.Contains("only the live host", StringComparison.Ordinal));
        Assert.Empty(host.Service.Requests);
    }
}
