using System.Net.Sockets;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Tls;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Tls;

/// <summary>Servers that take all the time in the world, or never come to the end of a line: each connection ends by its own limit.</summary>
public sealed class SlowServerTests
{
    // Who greets is heard for a second.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>The beginning of what a server would say, a byte a minute.</summary>
    static Func<NetworkStream, Task> Dripping(string text) => async stream =>
    {
        foreach (var letter in text)
        {
            await stream.WriteAsync(new[] { (byte)letter });
            await Task.Delay(TimeSpan.FromMinutes(1));
        }
    };

    static Func<NetworkStream, Task> Endless(string start) => async stream =>
    {
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(start));
        var more = new byte[16 << 10];
        Array.Fill(more, (byte)'x');
        while (true) await stream.WriteAsync(more);
    };

    static async Task AssertUnknownAsync(Func<NetworkStream, Task> serve, Opening opening, string reason, int connections)
    {
        var count = 0;
        var facts = await StubbornServerTests.AskAsync(
            stream =>
            {
                Interlocked.Increment(ref count);
                return serve(stream);
            }, opening, Patience);
        foreach (var wire in new Wire?[] { null, Wire.Tls })
            Assert.All(TlsServer.Judge(facts, wire).Values, finding => Assert.Equal((Outcome.Unknown, true), (finding.Outcome, finding.Message.Contains(reason, StringComparison.Ordinal))));
        Assert.InRange(count, 1, connections);
    }

    [Theory]
    [InlineData("\u0016\u0003\u0003\0z\u0002\0\0v", nameof(Opening.Tls), "does not answer a handshake in time", 2)]
    [InlineData("220 mail.example ESMTP\r\n", nameof(Opening.Listen), "does not answer a handshake in time", 3)]
    [InlineData("HTTP/1.1 301 Moved\r\n", nameof(Opening.Http), "does not answer a handshake in time", 3)]
    [InlineData("S\u0016\u0003\u0003", nameof(Opening.Postgres), "does not answer a handshake in time", 2)]
    public Task A_byte_a_minute_is_unknown(string text, string opening, string reason, int connections) => AssertUnknownAsync(Dripping(text), Enum.Parse<Opening>(opening), reason, connections);

    [Theory]
    [InlineData("220 mail.example ESMTP ", "the answer to EHLO is not 250")]
    [InlineData("220-mail.example ESMTP ", "its greeting is not 220")]
    [InlineData("220 mail.example ESMTP\r\n", "the answer to EHLO is not 250")]
    [InlineData("hello ", "it greets with \"hello xxx")]
    public Task A_line_without_an_end_is_unknown(string start, string reason) => AssertUnknownAsync(Endless(start), Opening.Listen, reason, 3);

    [Fact]
    public async Task A_mail_server_that_lets_strangers_wait_is_asked_by_STARTTLS()
    {
        var facts = await StubbornServerTests.AskAsync(
            async stream =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1.5));
                await stream.WriteAsync("220 mail.example ESMTP\r\n"u8.ToArray());
                using var reader = new StreamReader(stream, System.Text.Encoding.Latin1, leaveOpen: true);
                if ((await reader.ReadLineAsync())?.StartsWith("EHLO ", StringComparison.Ordinal) != true) return;
                await stream.WriteAsync("250 mail.example\r\n"u8.ToArray());
                _ = await reader.ReadLineAsync();
            }, Opening.Listen);
        Assert.Equal((Speech.Refusing, "it does not offer STARTTLS (SMTP)"), (facts.Speech, facts.Said));
    }
}
