using Ratchet.Agent.Checks.Disk;

namespace Ratchet.Agent.Tests.Checks.Disk;

public sealed class CipherTests
{
    [Theory]
    [InlineData("aes-xts-plain64", 512, "Strong")]
    [InlineData("aes-xts-plain64", 256, "Strong")]
    [InlineData("aes-xts-plain", 512, "Strong")]
    [InlineData("serpent-xts-plain64", 512, "Strong")]
    [InlineData("twofish-xts-plain64", 512, "Strong")]
    [InlineData("aes-cbc-essiv:sha256", 256, "Strong")]
    [InlineData("xchacha12,aes-adiantum-plain64", 256, "Strong")]
    [InlineData("capi:xts(aes)-plain64", 512, "Strong")]
    [InlineData("capi:cbc(aes)-essiv:sha256", 256, "Strong")]
    [InlineData("aes-xts-plain64", 128, "Weak")]
    [InlineData("aes-cbc-essiv:sha256", 128, "Weak")]
    [InlineData("aes-cbc-plain", 256, "Weak")]
    [InlineData("aes-cbc-plain64", 256, "Weak")]
    [InlineData("aes-ecb", 256, "Weak")]
    [InlineData("capi:ecb(aes)-null", 256, "Weak")]
    [InlineData("aes-xts-null", 512, "Weak")]
    [InlineData("aes", 256, "Weak")]
    [InlineData("des3_ede-cbc-essiv:sha256", 256, "Weak")]
    [InlineData("cipher_null-ecb", 256, "Weak")]
    [InlineData("capi:ecb(cipher_null)", 256, "Weak")]
    [InlineData("null-ecb", null, "Weak")]
    [InlineData("aes-xts-plain64", null, "Unknown")]
    [InlineData("aes-gcm-random", 256, "Unknown")]
    [InlineData("chacha20-plain64", 256, "Unknown")]
    [InlineData("rot13-xts-plain64", 512, "Unknown")]
    [InlineData("aes-ctr-plain64", 256, "Unknown")]
    [InlineData("", 256, "Unknown")]
    public void A_cipher_has_its_grade(string spec, int? bits, string grade) => Assert.Equal(grade, new Cipher(spec, bits).Judge().Grade.ToString());

    [Fact]
    public void A_counter_mode_is_strong_only_with_authentication_tags() =>
        Assert.Equal(Grade.Strong, new Cipher("aes-gcm-random", 256, IsAuthenticated: true).Judge().Grade);

    [Fact]
    public void The_strength_of_a_key_for_two_is_said() => Assert.Contains("AES-128", new Cipher("aes-xts-plain64", 256).Judge().Reason, StringComparison.Ordinal);
}
