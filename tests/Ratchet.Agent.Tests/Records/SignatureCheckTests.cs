using System.Security.Cryptography;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Tests.Records;

public sealed class SignatureCheckTests : IDisposable
{
    readonly ECDsaOpenSsl key = new(ECCurve.NamedCurves.nistP256);
    readonly byte[] hash = SHA256.HashData("a record"u8);

    public void Dispose() => key.Dispose();

    /// <summary>Of two thousand signatures some begin with zeros, in r or in s, and half with a bit that needs a zero in front.</summary>
    [Fact]
    public void It_says_of_every_signature_what_the_framework_says()
    {
        using var handle = key.DuplicateKeyHandle();
        using var check = new SignatureCheck(handle);
        for (var i = 0; i < 2000; i++)
        {
            var signature = key.SignHash(hash);
            Assert.True(check.Accepts(hash, signature));
            signature[i % signature.Length] ^= (byte)(1 << (i % 8));
            Assert.Equal(key.VerifyHash(hash, signature), check.Accepts(hash, signature));
        }
    }

    [Fact]
    public void Numbers_that_no_signature_has_are_refused()
    {
        using var handle = key.DuplicateKeyHandle();
        using var check = new SignatureCheck(handle);
        var signature = key.SignHash(hash);
        Assert.False(check.Accepts(hash, new byte[64]));
        Assert.False(check.Accepts(hash, [.. new byte[32], .. signature.AsSpan(32)]));
        Assert.False(check.Accepts(hash, [.. Enumerable.Repeat((byte)0xff, 64)]));
        Assert.False(check.Accepts(hash, signature.AsSpan(0, 63)));
        Assert.False(check.Accepts(hash.AsSpan(0, 31), signature));
        Assert.False(check.Accepts(SHA256.HashData("another"u8), signature));
        Assert.True(check.Accepts(hash, signature));
    }

    [Fact]
    public void It_outlives_the_key_that_it_was_made_with()
    {
        var signature = key.SignHash(hash);
        SignatureCheck check;
        using (var handle = key.DuplicateKeyHandle()) check = new SignatureCheck(handle);
        key.Dispose();
        using (check) Assert.True(check.Accepts(hash, signature));
    }
}
