using IWebProxy = System.Net.IWebProxy;
using ICredentials = System.Net.ICredentials;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Aws;

namespace Ratchet.Agent.Tests.Probes;

public sealed class WebTests
{
    /// <summary>The metadata service asked through a proxy would be another machine's, and its token the proxy's.</summary>
    [Fact]
    public async Task A_proxy_of_the_environment_is_not_used()
    {
        await using var service = await MetadataDouble.StartAsync();
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new OnlyFor(new Uri(service.Address));
        try
        {
            var request = new WebRequest(HttpMethod.Get, new Uri(service.Address + "/x"), new Dictionary<string, string>());
            using var proxied = new HttpClient();
            await Assert.ThrowsAsync<HttpRequestException>(() => proxied.GetAsync(request.Url));
            Assert.Equal(401, (await Web.AskAsync(request, CancellationToken.None)).Status);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }
    }

    /// <summary>A proxy that is not there, for one server alone: other tests ask theirs.</summary>
    sealed class OnlyFor(Uri server) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => destination.Authority == server.Authority ? new Uri("http://127.0.0.1:1/") : null;

        public bool IsBypassed(Uri host) => host.Authority != server.Authority;
    }
}
