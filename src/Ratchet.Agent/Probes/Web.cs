using System.Net.Sockets;

namespace Ratchet.Agent.Probes;

/// <summary>A request over HTTP: small, to an address that the agent's own code or configuration names.</summary>
/// <param name="Headers">By name; their values may be secret and are never part of a message.</param>
/// <param name="Body">Of form fields (<c>application/x-www-form-urlencoded</c>); null: none.</param>
sealed record WebRequest(HttpMethod Method, Uri Url, IReadOnlyDictionary<string, string> Headers, string? Body = null)
{
    /// <summary>The longest time that the whole of it may take.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Most bytes of the answer; a longer one is no answer.</summary>
    public int SizeLimit { get; init; } = 64 << 10;

    /// <summary>The form in which it stands in a recording: method, address, body, names of headers.</summary>
    public string Line => string.Join(' ', new[] { Method.Method, Url.AbsoluteUri, Body ?? "", string.Join(',', Headers.Keys.Order(StringComparer.Ordinal)) }.Where(part => part.Length > 0));
}

/// <summary>Any answer, whatever its status says.</summary>
sealed record WebAnswer(int Status, byte[] Body);

/// <summary>Sends a request.</summary>
/// <exception cref="IOException">There is no answer, or none within the limits of time and size.</exception>
delegate Task<WebAnswer> AskWeb(WebRequest request, CancellationToken cancel);

/// <summary>
/// Asks over HTTP as nobody else configured it: no proxy, no redirects, no cookies, no credentials of the environment. https is
/// verified by the authorities of the host.
/// </summary>
static class Web
{
    static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1);

    // KiB.
    const int HeadersLimit = 16;

    public static async Task<WebAnswer> AskAsync(WebRequest request, CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false, AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = ConnectLimit < request.TimeLimit ? ConnectLimit : request.TimeLimit, MaxResponseHeadersLength = HeadersLimit, MaxResponseDrainSize = 0,
        };
        using var client = new HttpClient(handler) { Timeout = request.TimeLimit, MaxResponseContentBufferSize = request.SizeLimit };
        using var message = new HttpRequestMessage(request.Method, request.Url);
        if (request.Body is { } body) message.Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body));
        foreach (var (name, value) in request.Headers)
            if (!message.Headers.TryAddWithoutValidation(name, value)) message.Content?.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var answer = await client.SendAsync(message, cancel);
            return new WebAnswer((int)answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(cancel));
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"{request.Url.Authority}: no answer within {request.TimeLimit.TotalSeconds:0.#} s", e);
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"{request.Url.Authority}: {(e.InnerException as SocketException)?.Message ?? e.Message}", e);
        }
    }
}
