using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>
/// Stands for the instance metadata service, and by POST for the EC2 API, on loopback: a token by PUT, 401 without one, unless the test
/// opens the first version. Keeps what it was asked.
/// </summary>
sealed class MetadataDouble : IAsyncDisposable
{
    public const string Token = "AQAEAAdouble==";

    readonly WebApplication app;
    readonly List<string> requests = [];

    MetadataDouble(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    /// <summary>The first version is open: who has no token gets an answer too.</summary>
    public bool IsOpen { get; set; }

    public int TokenStatus { get; set; } = 200;

    /// <summary>Answers by path; what is not here is 404.</summary>
    public Dictionary<string, string> Answers { get; } = [];

    /// <summary>Answers of the EC2 API by action, pages one after the other; an error answer has a status of its own.</summary>
    public Dictionary<string, Queue<(int Status, string Xml)>> Api { get; } = [];

    /// <summary>Does something else than answer; true: that is all.</summary>
    public Func<HttpContext, Task<bool>>? Misbehave { get; set; }

    /// <summary>METHOD PATH, with a <c>+</c> behind where a token came with it; of the API the body.</summary>
    public string[] Requests
    {
        get { lock (requests) return [.. requests]; }
    }

    public string? Authorization { get; private set; }

    public static async Task<MetadataDouble> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var service = new MetadataDouble(builder.Build());
        service.app.Run(service.AnswerAsync);
        await service.app.StartAsync();
        return service;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    async Task AnswerAsync(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value!);
        var token = request.Headers["X-aws-ec2-metadata-token"].ToString();
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync();
        lock (requests) requests.Add(request.Method == "POST" ? body : $"{request.Method} {path}{(token.Length > 0 ? "+" : "")}");
        if (Misbehave is not null && await Misbehave(context)) return;
        if (request.Method == "POST")
        {
            Authorization = request.Headers.Authorization;
            var pages = Api[body.Split('&')[0]["Action=".Length..]];
            (context.Response.StatusCode, var xml) = pages.Count > 1 ? pages.Dequeue() : pages.Peek();
            await context.Response.WriteAsync(xml);
            return;
        }
        if (request.Headers.ContainsKey("X-Forwarded-For")) context.Response.StatusCode = 403;
        else if (request.Method == "PUT")
        {
            context.Response.StatusCode = path != "/latest/api/token" ? 404 : request.Headers["X-aws-ec2-metadata-token-ttl-seconds"].Count == 0 ? 400 : TokenStatus;
            if (context.Response.StatusCode == 200) await context.Response.WriteAsync(Token);
        }
        else if (token.Length > 0 ? token != Token : !IsOpen) context.Response.StatusCode = 401;
        else if (Answers.TryGetValue(path, out var answer)) await context.Response.WriteAsync(answer);
        else context.Response.StatusCode = 404;
    }
}
