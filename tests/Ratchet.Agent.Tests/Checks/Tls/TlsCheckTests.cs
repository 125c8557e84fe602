using System.Diagnostics;
using System.Text.Json.Nodes;
using Ratchet.Agent.Tests.Checks.Ports;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>The verb itself, in a network namespace where nothing else listens.</summary>
public sealed class TlsCheckTests
{
    const string Address = "10.66.0.1";

    const string Servers = """
        import ssl, threading, http.server
        class Quiet(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def do_GET(self):
                self.send_response(200); self.send_header('Content-Length', '0'); self.end_headers()
            def log_message(self, *a): pass
        def serve(address, port, wrap):
            server = http.server.ThreadingHTTPServer((address, port), Quiet)
            if wrap:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain(CERT, KEY)
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            threading.Thread(target=server.serve_forever, daemon=True).start()
        silent = socket.create_server((ADDRESS, 5002))
        serve(ADDRESS, 5000, True)
        serve(ADDRESS, 5001, False)
        serve('127.0.0.1', 5003, False)
        serve('127.0.0.1', 5004, True)
        plain = socket.create_server((ADDRESS, 5005))
        """;

    [NeedsNamespacesFact]
    public async Task Each_listener_gets_its_verdict_and_a_silent_one_delays_nobody()
    {
        using var folder = new Folder();
        using var space = new Namespace();
        Programs.Run("ip", "-n", space.Name, "address", "add", Address + "/24", "dev", "lo");
        var authority = new Authority(folder, "site");
        var (certificate, key) = authority.Server("portal.example");
        space.Python($"ADDRESS, CERT, KEY = '{Address}', '{certificate}', '{key}'\n{Servers}");
        folder.Write("agent.json", $$"""
            { "ports": { "allow": [
                { "port": 5000, "names": ["portal.example", "other.example"] }, { "port": 5001 }, { "port": 5002, "wire": "tls" }, { "port": 5004, "wire": "tls" },
                { "port": 5005, "wire": "plain" } ] },
              "tls": { "certificateAuthority": "{{authority.File}}", "renewal": "1d" } }
            """);
        var verdicts = await CheckAsync(space.Name, folder["agent.json"]);

        Assert.Equal("passed", verdicts[("tls.spoken", 5000)]);
        Assert.Equal("passed", verdicts[("tls.old-refused", 5000)]);
        // Of a wrong name, whatever the machine's clock is worth.
        Assert.Equal("failed", verdicts[("tls.certificate-valid", 5000)]);
        Assert.Equal("failed", verdicts[("tls.spoken", 5001)]);
        Assert.Equal("unknown", verdicts[("tls.spoken", 5002)]);
        Assert.Equal("unknown", verdicts[("tls.certificate-valid", 5002)]);
        Assert.Equal("passed", verdicts[("tls.spoken", 5004)]);
        Assert.Equal("not_applicable", verdicts[("tls.spoken", 5005)]);
        Assert.DoesNotContain(verdicts.Keys, judged => judged.Port == 5003);
    }

    static async Task<Dictionary<(string Rule, int Port), string>> CheckAsync(string space, string config)
    {
        var binary = Environment.GetEnvironmentVariable("AGENT_UNDER_TEST");
        string[] agent = binary is null ? ["dotnet", Path.Combine(AppContext.BaseDirectory, "ratchet-agent.dll")] : [binary];
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", space, .. agent, "check", "--only", "tls", "--config", config, "--format", "ndjson"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)
            .Where(record => ((string)record["resource"]!["name"]!).Split(' ') is ["tcp", _, .. var rest] && !rest.Contains("in"))
            .ToDictionary(record => ((string)record["rule"]!["id"]!, int.Parse(((string)record["resource"]!["name"]!).Split(' ')[1].Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture)), record => (string)record["result"]!["evaluation"]!);
    }
}
