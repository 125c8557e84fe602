namespace Ratchet.Agent.Tests.Fuzzing;

/// <summary>Makes hostile input out of good: bits flipped, pieces cut, doubled, exchanged with another seed, numbers made extreme, lines grown.</summary>
sealed class Mutation(int seed, IReadOnlyList<byte[]> seeds)
{
    /// <summary>Most bytes that an input grows to.</summary>
    const int Limit = 1 << 20;

    static readonly byte[][] Words =
    [
        "\0"u8.ToArray(), "\n"u8.ToArray(), "\r\n"u8.ToArray(), " "u8.ToArray(), "\""u8.ToArray(), "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(),
        ":"u8.ToArray(), ","u8.ToArray(), "."u8.ToArray(), "="u8.ToArray(), "-1"u8.ToArray(), "0"u8.ToArray(), "9223372036854775807"u8.ToArray(), "99999999999999999999"u8.ToArray(),
        "1e999"u8.ToArray(), "null"u8.ToArray(), "\\ud800"u8.ToArray(), "\\u0000"u8.ToArray(), [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0xC3, 0x28], [0xED, 0xA0, 0x80],
        "../"u8.ToArray(), "*"u8.ToArray(), "%"u8.ToArray(), "<!--"u8.ToArray(), "é"u8.ToArray(),
    ];

    readonly Random random = new(seed);

    public byte[] Next()
    {
        var input = seeds[random.Next(seeds.Count)];
        for (var steps = random.Next(1, 5); steps > 0; steps--) input = Step(input);
        return input.Length > Limit ? input[..Limit] : input;
    }

    byte[] Step(byte[] input)
    {
        var (at, other) = (random.Next(input.Length + 1), seeds[random.Next(seeds.Count)]);
        var length = random.Next(Math.Min(input.Length - at, 1 << random.Next(14)) + 1);
        var piece = input[at..(at + length)];
        return random.Next(10) switch
        {
            0 => input[..at],
            1 => input[at..],
            2 => [.. input[..at], .. input[(at + length)..]],
            3 => [.. input[..at], .. piece, .. input[at..]],
            4 => [.. input[..at], .. other[random.Next(other.Length + 1)..]],
            5 => Grown(input, at, piece.Length == 0 ? "x"u8.ToArray() : piece),
            6 => Replaced(input, at, Noise(random.Next(16))),
            7 => Replaced(input, at, Words[random.Next(Words.Length)]),
            8 => [.. input[..at], .. Words[random.Next(Words.Length)], .. input[at..]],
            _ => Flipped(input, at),
        };
    }

    byte[] Noise(int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    byte[] Flipped(byte[] input, int at)
    {
        if (at == input.Length) return input;
        byte[] flipped = [.. input];
        flipped[at] ^= (byte)(1 << random.Next(8));
        return flipped;
    }

    static byte[] Replaced(byte[] input, int at, byte[] by)
    {
        byte[] replaced = [.. input];
        by.AsSpan(0, Math.Min(by.Length, input.Length - at)).CopyTo(replaced.AsSpan(at));
        return replaced;
    }

    /// <summary>One piece many times over; now and then very many.</summary>
    byte[] Grown(byte[] input, int at, byte[] piece)
    {
        var times = Math.Min(random.Next(50) == 0 ? 100_000 : random.Next(2, 100), (Limit / 4 / piece.Length) + 1);
        var grown = new byte[input.Length + (times * piece.Length)];
        input.AsSpan(0, at).CopyTo(grown);
        for (var i = 0; i < times; i++) piece.CopyTo(grown, at + (i * piece.Length));
        input.AsSpan(at).CopyTo(grown.AsSpan(at + (times * piece.Length)));
        return grown;
    }
}
