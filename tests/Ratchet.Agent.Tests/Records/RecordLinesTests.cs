using System.Text;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Records;

public sealed class RecordLinesTests
{
    const int Count = 5;

    static readonly (List<string> Records, PublicKey Key) Web = Ledgers.NewChain("web01", Count);
    static readonly KeySet Keys = Ledgers.KeySetOf(Web.Key);

    [Theory]
    [InlineData("JWS")]
    [InlineData("JWS\r")]
    [InlineData("""{"jws":"JWS"}""")]
    [InlineData("""{"received":"now","jws":"JWS"}""")]
    [InlineData("""{"ratchet":{"jws":"JWS"}}""")]
    [InlineData("""{"ratchet.jws":"JWS"}""")]
    [InlineData("""{"_index":"i","_source":{"ratchet":{"jws":"JWS"}}}""")]
    [InlineData("""{"_source":{"jws":"JWS"}}""")]
    public void A_record_is_found_in_every_form_of_line(string line) =>
        Assert.True(Ledgers.VerifyText(Keys, string.Concat(Web.Records.Select(record => line.Replace("JWS", record, StringComparison.Ordinal) + "\n"))).IsGood);

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"jws\":1}")]
    [InlineData("{\"jws\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"_source\":[]}")]
    [InlineData("{\"ratchet\":\"jws\"}")]
    [InlineData("\u0000\u0001\u0002\u00ff")]
    [InlineData("not a record")]
    public void A_line_that_holds_no_record_is_a_problem_and_no_crash(string line)
    {
        var report = Ledgers.VerifyText(Keys, string.Join('\n', [.. Web.Records, line]));

        Assert.Equal(ProblemKind.Malformed, Assert.Single(report.Problems).Kind);
        Assert.Equal(Count, report.Accepted);
    }

    [Theory]
    [InlineData("""{"jws":"JWS","jws":"JWS"}""")]
    [InlineData("""{"jws":"JWS","ratchet":{"jws":"JWS"}}""")]
    [InlineData("""{"_source":{"jws":"JWS"},"jws":"JWS"}""")]
    public void A_line_that_holds_two_records_is_a_problem_since_one_would_be_overlooked(string line) =>
        Assert.Equal(Count, Ledgers.VerifyText(Keys, string.Concat(Web.Records.Select(record => line.Replace("JWS", record, StringComparison.Ordinal) + "\n"))).ProblemCounts[ProblemKind.Malformed]);

    [Theory]
    [InlineData("""{"other":{"jws":"JWS"}}""")]
    [InlineData("""{"_source":{"other":{"jws":"JWS"}}}""")]
    [InlineData("""{"_source":{"_source":{"jws":"JWS"}}}""")]
    [InlineData("""{"ratchet":[{"jws":"JWS"}]}""")]
    public void A_record_in_another_place_is_not_taken(string line) =>
        Assert.Equal(0, Ledgers.VerifyText(Keys, line.Replace("JWS", Web.Records[0], StringComparison.Ordinal)).Accepted);

    [Fact]
    public void Gzip_is_read_also_in_several_members_and_a_cut_one_proves_nothing()
    {
        var text = string.Concat(Web.Records.Select(record => record + "\n"));
        byte[] packed = [.. Pack(text[..1000]), .. Pack(text[1000..])];
        Assert.True(Verify(packed).IsGood);
        Assert.ThrowsAny<InvalidDataException>(() => Verify(packed[..^30]));
        packed[^40] ^= 1;
        Assert.ThrowsAny<InvalidDataException>(() => Verify(packed));
    }

    /// <summary>.NET stops in silence at what is no gzip member.</summary>
    [Fact]
    public void What_follows_a_gzip_member_is_a_further_member_or_proves_nothing()
    {
        var text = string.Concat(Web.Records.Select(record => record + "\n"));
        var (first, second) = (Pack(text[..1000]), Pack(text[1000..]));
        byte[][] refused = [[.. first, .. "plain\n"u8], [.. first, 0, .. second], [.. first, .. new byte[20_000], 1], [.. first, .. second, (byte)'\n'], [.. first, 0x1F], [.. first, 0x1F, 0]];
        foreach (var file in refused) Assert.Throws<InvalidDataException>(() => Verify(file));
        // The magic number and the method: any other bit of the header says nothing of the content.
        for (var bit = 0; bit < 24; bit++)
        {
            byte[] flipped = [.. first, .. second];
            flipped[first.Length + (bit / 8)] ^= (byte)(1 << (bit % 8));
            Assert.Throws<InvalidDataException>(() => Verify(flipped));
        }
        Assert.Contains($"in bytes 1 to {first.Length + 6}", Assert.Throws<InvalidDataException>(() => Verify(refused[0])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gzip_file_that_is_cut_off_anywhere_but_between_members_proves_nothing()
    {
        var text = string.Concat(Web.Records.Select(record => record + "\n"));
        var (first, second) = (Pack(text[..1000]), Pack(text[1000..]));
        byte[] packed = [.. first, .. second];
        for (var length = 2; length < packed.Length; length++)
            if (length != first.Length) Assert.Throws<InvalidDataException>(() => Verify(packed[..length]));
    }

    [Fact]
    public void Gzip_members_are_read_whole_wherever_a_read_ends()
    {
        var random = new Random(4);
        for (var i = 0; i < 50; i++)
        {
            using var stream = new Dribble([.. Pack("a\n"), .. Pack("b\n"), .. Pack("c\n"), .. new byte[i % 3]], random);
            Assert.Equal(["a", "b", "c"], RecordLines.Read(stream));
        }
        for (var padding = 0; padding < 60; padding++)
        {
            // The first member ends around the 8192 bytes that .NET reads at a time.
            byte[] first = Pack("a\n", new string('n', 8192 - 40 + padding));
            using var stream = new MemoryStream([.. first, .. Pack("b\n"), .. Pack("c\n")]);
            Assert.Equal(["a", "b", "c"], RecordLines.Read(stream));
            using var hidden = new MemoryStream([.. first, .. "b\n"u8]);
            Assert.Throws<InvalidDataException>(() => RecordLines.Read(hidden).Count());
        }
    }

    /// <summary>gzip(1) takes zeros behind the last member for the padding of a tape.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10_000)]
    [InlineData(300_000)]
    public void Zeros_behind_the_last_gzip_member_are_padding(int count) =>
        Assert.True(Verify([.. Pack(string.Concat(Web.Records.Select(record => record + "\n"))), .. new byte[count]]).IsGood);

    [Fact]
    public void Lines_of_all_lengths_are_cut_where_they_end_wherever_a_block_ends()
    {
        var random = new Random(3);
        var lines = Enumerable.Range(0, 400).Select(_ => new string('x', random.Next(20) switch { 0 => random.Next(LineBlocks.LineLimit - 1), 1 => 0, _ => random.Next(9000) })).ToList();
        using var stream = new MemoryStream(Encoding.ASCII.GetBytes(string.Join('\n', lines)));
        Assert.Equal(lines.Where(line => line.Length > 0), RecordLines.Read(stream));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_line()
    {
        using var stream = new MemoryStream([0xEF, 0xBB, 0xBF, .. "a\nb"u8]);
        Assert.Equal(["a", "b"], RecordLines.Read(stream));
    }

    [Fact]
    public void Deep_json_is_a_problem_and_no_crash() =>
        Assert.Single(Ledgers.VerifyText(Keys, string.Concat(Enumerable.Repeat("{\"a\":", 10_000))).Problems);

    [Fact]
    public void A_huge_line_costs_no_memory_and_hides_nothing_behind_it()
    {
        using var stream = new Endless(100_000_000, "\n" + Web.Records[0] + "\n");
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal([null, Web.Records[0]], RecordLines.Read(stream));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 20_000_000);
    }

    [Fact]
    public void Binary_rubbish_is_never_good_and_ends()
    {
        var random = new Random(2);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(2000)];
            random.NextBytes(bytes);
            Assert.False(Ledgers.VerifyText(Keys, Encoding.Latin1.GetString(bytes)).IsGood);
        }
    }

    static VerifyReport Verify(byte[] file)
    {
        using var verifier = new Verifier(Keys);
        using var stream = new MemoryStream(file);
        using var verification = new Verification(verifier);
        verification.Read(stream, "file", CancellationToken.None);
        return verifier.Report(window: false);
    }

    static byte[] Pack(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest)) gzip.Write(Encoding.ASCII.GetBytes(text));
        return packed.ToArray();
    }

    /// <summary>A member whose header has a name (RFC 1952, section 2.3.1), so that it is as long as one likes.</summary>
    static byte[] Pack(string text, string name)
    {
        var packed = Pack(text);
        packed[3] = 8;
        return [.. packed[..10], .. Encoding.ASCII.GetBytes(name), 0, .. packed[10..]];
    }

    /// <summary>Gives some bytes at a time.</summary>
    sealed class Dribble(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(1, 12))], cancellationToken);
    }

    /// <summary>So many characters without a line break, then this text.</summary>
    sealed class Endless(int count, string rest) : MemoryStream(Encoding.ASCII.GetBytes(rest))
    {
        int left = count;

        public override int Read(Span<byte> buffer)
        {
            if (left == 0) return base.Read(buffer);
            var some = Math.Min(left, buffer.Length);
            buffer[..some].Fill((byte)'x');
            left -= some;
            return some;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }
}
