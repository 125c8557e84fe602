using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Aws;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>The metadata service, as a double on loopback: who gets a token, who is refused, what a hostile one can do.</summary>
public sealed class MetadataTests
{
    [Fact]
    public async Task A_service_that_refuses_who_has_no_token_passes_and_the_token_comes_first()
    {
        await using var host = await AwsHost.StartAsync();
        await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Pass, "without a token is refused");
        Assert.Equal("PUT /latest/api/token", host.Service.Requests[0]);
        Assert.Equal("GET /latest/meta-data/instance-id", Assert.Single(host.Service.Requests, request => request.StartsWith("GET", StringComparison.Ordinal) && !request.EndsWith('+')));
    }

    [Fact]
    public async Task A_service_that_answers_without_a_token_fails_whatever_is_attested()
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.IsOpen = true;
        var finding = await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Fail, "the first version is open");
        Assert.Equal("required", (string?)finding.Evidence.ToJson()["http_tokens"]);
    }

    [Fact]
    public async Task What_is_attested_after_the_service_was_asked_takes_its_answer_away()
    {
        await using var host = await AwsHost.StartAsync();
        await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Pass, "");
        host.Now += TimeSpan.FromHours(6);
        Options("optional");
        await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Fail, "since then it has been made optional");

        await using var other = await AwsHost.StartAsync();
        other.Service.IsOpen = true;
        await other.AssertAsync(AwsRules.ImdsV2Only, Outcome.Fail, "");
        other.Now += TimeSpan.FromHours(6);
        other.Attest();
        await other.AssertAsync(AwsRules.ImdsV2Only, Outcome.Unknown, "since then it has been forbidden");

        void Options(string tokens)
        {
            host.Attest();
            var file = host.Folder["root/etc/ratchet-agent/attest/aws.json"];
            File.WriteAllText(file, File.ReadAllText(file).Replace("\"http_tokens\": \"required\"", $"\"http_tokens\": \"{tokens}\"", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Elsewhere_than_on_EC2_nothing_is_asked()
    {
        await using var host = await AwsHost.StartAsync();
        host.Write("/sys/class/dmi/id/sys_vendor", "QEMU\n");
        Assert.All(await host.CheckAsync(), finding => Assert.Equal(Outcome.NotApplicable, finding.Outcome));
        Assert.Equal(4, (await host.CheckAsync()).Count);
        Assert.Empty(host.Service.Requests);
    }

    [Theory]
    [InlineData("/sys/hypervisor/uuid", "ec2e1916-9099-7caf-fd21-012345abcdef\n", true)]
    [InlineData("/sys/hypervisor/uuid", "EC2E1916-9099-7CAF-FD21-012345ABCDEF\n", true)]
    [InlineData("/sys/class/dmi/id/board_vendor", "Amazon EC2\n", true)]
    [InlineData("/sys/hypervisor/uuid", "8d1a6e2c-0000-0000-0000-000000000000\n", false)]
    [InlineData("/sys/class/dmi/id/board_vendor", "Amazon EC2 lookalike\n", false)]
    [InlineData("/sys/class/dmi/id/bios_version", "4.11.amazon\n", false)]
    public async Task Nitro_metal_and_Xen_are_told_by_the_firmware(string path, string text, bool isEc2)
    {
        await using var host = await AwsHost.StartAsync();
        host.Delete("/sys/class/dmi/id/sys_vendor");
        host.Write(path, text);
        Assert.Equal(isEc2, Ec2Host.Find(host.Machine()) is not null);
    }

    [Fact]
    public async Task A_sweep_asks_nobody_again_within_the_hour_and_without_a_token_once_a_day()
    {
        await using var host = await AwsHost.StartAsync();
        await host.CheckAsync();
        var asked = host.Service.Requests.Length;
        await host.CheckAsync();
        Assert.Equal(asked, host.Service.Requests.Length);

        for (var hour = 1; hour < 24; hour++)
        {
            host.Now += TimeSpan.FromHours(1);
            await host.CheckAsync();
        }
        Assert.True(host.Service.Requests.Length > asked * 20);
        Assert.Single(host.Service.Requests, request => request == "GET /latest/meta-data/instance-id");
        host.Now += TimeSpan.FromHours(1);
        await host.CheckAsync();
        Assert.Equal(2, host.Service.Requests.Count(request => request == "GET /latest/meta-data/instance-id"));
    }

    [Theory]
    [InlineData(403, "turned off")]
    [InlineData(500, "HTTP 500")]
    [InlineData(302, "HTTP 302")]
    public async Task Without_a_token_nothing_else_is_asked_and_all_that_needs_it_is_unknown(int status, string words)
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.TokenStatus = status;
        await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Unknown, words);
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Unknown, words);
        Assert.All(host.Service.Requests, request => Assert.Equal("PUT /latest/api/token", request));
        Assert.Null(host.Survey.Cloud.Place);
    }

    [Theory]
    [InlineData(403, "says neither yes nor no")]
    [InlineData(500, "says neither yes nor no")]
    [InlineData(0, "no answer within")]
    public async Task Only_401_is_a_refusal_of_who_has_no_token(int status, string words)
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.Misbehave = async context =>
        {
            if (context.Request.Path != "/latest/meta-data/instance-id") return false;
            if (status == 0) await Task.Delay(Timeout.Infinite, context.RequestAborted);
            context.Response.StatusCode = status;
            return true;
        };
        await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Unknown, words);
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Pass, "");
        Assert.All(await host.CheckAsync(), finding => Assert.DoesNotContain(MetadataDouble.Token, finding.Message + finding.Evidence.ToJson(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_is_attested_to_be_off_needs_no_token()
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.TokenStatus = 403;
        host.Write("/etc/ratchet-agent/attest/aws.json", $$"""{ "schema": 1, "generated": "{{host.Now:yyyy-MM-ddTHH:mm:ssZ}}", "source": "collector", "instance_id": "{{IdentitySigner.Instance}}", "metadata_options": { "http_endpoint": "disabled" } }""");
        await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Pass, "turned off, says collector");
    }

    [Fact]
    public async Task An_answer_that_is_no_instance_id_says_nothing()
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.IsOpen = true;
        host.Service.Answers["/latest/meta-data/instance-id"] = "<html>welcome to the captive portal</html>";
        await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Unknown, "not with an instance id");
    }

    [Theory]
    [InlineData("endless")]
    [InlineData("dripping")]
    [InlineData("headers")]
    [InlineData("redirect")]
    [InlineData("binary")]
    public async Task A_hostile_service_changes_nothing_and_ends_in_time(string kind)
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.Misbehave = async context =>
        {
            var stop = context.RequestAborted;
            if (kind == "redirect") context.Response.Redirect("http://127.0.0.1:1/");
            else if (kind == "headers") context.Response.Headers["X-Long"] = new string('x', 60_000);
            else if (kind == "binary") await context.Response.Body.WriteAsync(new byte[2000], stop);
            else
                for (var i = 0; !stop.IsCancellationRequested && i < 100_000; i++)
                {
                    await context.Response.Body.WriteAsync(kind == "endless" ? new byte[65536] : "x"u8.ToArray(), stop);
                    await context.Response.Body.FlushAsync(stop);
                    if (kind == "dripping") await Task.Delay(50, stop);
                }
            return true;
        };
        var findings = await host.CheckAsync();
        Assert.All(findings.Where(finding => finding.Rule == AwsRules.ImdsV2Only || finding.Rule == AwsRules.IdentityVerified), finding => Assert.Equal(Outcome.Unknown, finding.Outcome));
        Assert.Null(host.Survey.Cloud.Place);
    }

    [Theory]
    [InlineData("/latest/dynamic/instance-identity/rsa2048")]
    [InlineData("/latest/meta-data/network/interfaces/macs/")]
    [InlineData("/latest/meta-data/network/interfaces/macs/0a:1b:2c:3d:4e:5f/security-group-ids")]
    public async Task What_one_path_hides_or_garbles_leaves_the_others(string path)
    {
        await using var host = await AwsHost.StartAsync();
        host.Service.Misbehave = async context =>
        {
            if (context.Request.Path != path) return false;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("../../etc/passwd\n\0"), context.RequestAborted);
            return true;
        };
        await host.AssertAsync(AwsRules.ImdsV2Only, Outcome.Pass, "");
        await host.AssertAsync(AwsRules.IdentityVerified, path.EndsWith("2048", StringComparison.Ordinal) ? Outcome.Unknown : Outcome.Pass, "");
    }

    [Fact]
    public async Task A_service_that_is_slow_delays_no_sweep_and_is_judged_when_it_has_spoken()
    {
        await using var host = await AwsHost.StartAsync();
        var speak = new TaskCompletionSource();
        host.Survey = new AwsSurvey(TimeSpan.FromMilliseconds(50));
        host.Service.Misbehave = async context =>
        {
            await speak.Task.WaitAsync(context.RequestAborted);
            return false;
        };
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Unknown, "has not answered within");
        var before = host.Survey.Generation;
        speak.SetResult();
        await Fixtures.Wait.UntilAsync(() => host.Survey.Generation > before, "the late answer");
        await host.AssertAsync(AwsRules.IdentityVerified, Outcome.Pass, "");
    }
}
