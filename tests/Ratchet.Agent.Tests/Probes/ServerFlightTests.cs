using System.Buffers.Binary;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Probes;

/// <summary>What comes back for a ClientHello, byte by byte.</summary>
public sealed class ServerFlightTests
{
    static readonly byte[] Warning = [21, 3, 1, 0, 2, 1, 112], Refusal = [21, 3, 1, 0, 2, 2, 70], Done = Message(14, []);

    static byte[] Hello(int version) => Message(2, [(byte)(version >> 8), (byte)version, .. new byte[34]]);

    static byte[] Message(byte type, byte[] body) => [type, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    static byte[] Record(params byte[] content)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)content.Length);
        return [22, 3, 1, .. length, .. content];
    }

    static byte[] Certificate(byte[] der)
    {
        byte[] entry = [(byte)(der.Length >> 16), (byte)(der.Length >> 8), (byte)der.Length, .. der];
        return Message(11, [(byte)(entry.Length >> 16), (byte)(entry.Length >> 8), (byte)entry.Length, .. entry]);
    }

    static Task<ServerFlight> ReadAsync(params byte[] bytes) => ServerFlight.ReadAsync(new MemoryStream(bytes), CancellationToken.None);

    [Fact]
    public async Task A_flight_that_ends_with_done_is_complete_in_one_record_or_in_many()
    {
        byte[] flight = [.. Hello(0x0301), .. Certificate([1, 2, 3]), .. Done];
        foreach (var bytes in new[] { Record(flight), flight.SelectMany(one => Record(one)).ToArray() })
        {
            var read = await ReadAsync(bytes.Length > 64 * 6 ? [.. Record(flight[..40]), .. Record(flight[40..])] : bytes);
            Assert.Equal((HelloAnswer.Hello, 0x0301, true), (read.Answer, read.Version, read.IsComplete));
            Assert.Equal([1, 2, 3], Assert.Single(read.Certificates));
        }
    }

    [Fact]
    public async Task A_warning_before_the_hello_does_not_end_it()
    {
        var read = await ReadAsync([.. Warning, .. Record([.. Hello(0x0302), .. Done])]);
        Assert.Equal((HelloAnswer.Hello, 0x0302, true), (read.Answer, read.Version, read.IsComplete));
    }

    [Fact]
    public async Task A_hello_that_is_taken_back_is_not_complete()
    {
        var read = await ReadAsync([.. Record(Hello(0x0301)), .. Refusal]);
        Assert.Equal((HelloAnswer.Hello, false, (byte?)70), (read.Answer, read.IsComplete, read.Alert));
        Assert.False((await ReadAsync(Record(Hello(0x0301)))).IsComplete);
    }

    [Fact]
    public async Task An_alert_a_closed_door_and_a_plain_answer_are_told_apart()
    {
        Assert.Equal((HelloAnswer.Alert, (byte?)70), ((await ReadAsync(Refusal)).Answer, (await ReadAsync(Refusal)).Alert));
        Assert.Equal(HelloAnswer.Closed, (await ReadAsync()).Answer);
        Assert.Equal(HelloAnswer.Closed, (await ReadAsync(22, 3, 1)).Answer);
        var page = await ReadAsync("HTTP/1.1 400 Bad Request\r\n"u8.ToArray());
        Assert.Equal(HelloAnswer.NotTls, page.Answer);
        Assert.StartsWith("HTTP/1.1 400", System.Text.Encoding.ASCII.GetString(page.First), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Done_without_a_hello_is_no_agreement() => Assert.False((await ReadAsync(Record(Done))).IsComplete);

    [Fact]
    public async Task A_chain_of_a_megabyte_is_not_taken()
    {
        var certificate = Certificate(new byte[1 << 20]);
        var stream = new MemoryStream([.. Record(Hello(0x0303)), .. certificate.Chunk(16000).SelectMany(Record)]);
        var read = await ServerFlight.ReadAsync(stream, CancellationToken.None);
        Assert.Equal((HelloAnswer.Hello, false), (read.Answer, read.IsComplete));
        Assert.Empty(read.Certificates);
        Assert.True(stream.Position < 200_000);
    }

    [Fact]
    public async Task Endless_warnings_end()
    {
        var stream = new MemoryStream([.. Enumerable.Repeat(Warning, 10_000).SelectMany(one => one)]);
        Assert.Equal(HelloAnswer.Closed, (await ServerFlight.ReadAsync(stream, CancellationToken.None)).Answer);
        Assert.True(stream.Position < 1000);
    }
}
