using Ratchet.Agent.Checks.Aws;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>
/// The test suite that AWS publishes for Signature Version 4 (aws-c-auth, tests/aws-signing-test-suite/v4): the requests whose path
/// and query are canonical as they are.
/// </summary>
public sealed class SignatureV4Tests
{
    static readonly DateTimeOffset Time = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("GET", "/", "", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "/", "Param1=value1&Param2=value2", "", "", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", "", "", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f")]
    [InlineData("GET", "/", "", "X-Amz-Security-Token: 6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267", "", "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8")]
    [InlineData("POST", "/", "", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("POST", "/", "", "My-Header1:value1", "", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c")]
    [InlineData("POST", "/", "", "My-Header1: VALUE1 ", "", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d")]
    [InlineData("POST", "/", "", "Content-Type:application/x-www-form-urlencoded|Content-Length:13|X-Amz-Content-Sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e", "Param1=value1", "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b")]
    [InlineData("POST", "/", "", "Content-Type:application/x-www-form-urlencoded; charset=utf-8|Content-Length:13|X-Amz-Content-Sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e", "Param1=value1", "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422")]
    public void A_request_is_signed_as_AWS_s_own_vectors_are(string method, string path, string query, string headers, string body, string signature)
    {
        var all = headers.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(header => header.Split(':', 2)).Append(["Host", "example.amazonaws.com"]).Append(["X-Amz-Date", "20150830T123600Z"]).ToDictionary(header => header[0], header => header[1]);
        Assert.Equal("20150830T123600Z", SignatureV4.Stamp(Time));

        var authorization = SignatureV4.Sign(new RoleCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", null), "us-east-1", "service", Time, method, path, query, all, body);
        Assert.StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=", authorization, StringComparison.Ordinal);
        Assert.EndsWith($", Signature={signature}", authorization, StringComparison.Ordinal);
    }
}
