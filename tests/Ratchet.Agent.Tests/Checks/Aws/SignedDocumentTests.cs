using System.Text;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>Signed documents by OpenSSL, in the forms that CMS allows, and what is no such document.</summary>
public sealed class SignedDocumentTests
{
    [Theory]
    [InlineData]
    [InlineData("-noattr")]
    [InlineData("-stream", "-indef")]
    [InlineData("-stream", "-indef", "-noattr")]
    [InlineData("-nosmimecap")]
    public void A_document_is_read_and_its_signer_told_in_each_form_of_the_syntax(params string[] options)
    {
        using var folder = new Folder();
        var (signer, other) = (new IdentitySigner(folder), new IdentitySigner(folder, "other"));
        var signed = SignedDocument.Parse(signer.Sign(IdentitySigner.Document, options));

        Assert.Equal(IdentitySigner.Document, Encoding.UTF8.GetString(signed.Content));
        Assert.Equal(signer.Certificate.SerialNumber.TrimStart('0'), signed.Serial);
        Assert.True(signed.IsSignedBy(signer.Certificate));
        Assert.False(signed.IsSignedBy(other.Certificate));
    }

    [Theory]
    [InlineData]
    [InlineData("-noattr")]
    public void One_changed_byte_of_the_document_is_no_longer_signed(params string[] options)
    {
        using var folder = new Folder();
        var signer = new IdentitySigner(folder);
        var bytes = Convert.FromBase64String(signer.Sign(IdentitySigner.Document, options));
        var place = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(IdentitySigner.Account));
        bytes[place] ^= 1;
        var changed = Convert.ToBase64String(bytes);

        if (options.Length > 0) Assert.False(SignedDocument.Parse(changed).IsSignedBy(signer.Certificate));
        else Assert.Contains("another document", Assert.Throws<FormatException>(() => SignedDocument.Parse(changed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SHA_1_and_short_keys_are_not_taken()
    {
        using var folder = new Folder();
        Assert.Throws<FormatException>(() => SignedDocument.Parse(new IdentitySigner(folder).Sign(IdentitySigner.Document, "-md", "sha1")));
        var little = new IdentitySigner(folder, "little", 1024);
        Assert.False(SignedDocument.Parse(little.Sign(IdentitySigner.Document)).IsSignedBy(little.Certificate));
    }

    [Fact]
    public void A_second_signer_is_refused()
    {
        using var folder = new Folder();
        var (signer, other) = (new IdentitySigner(folder), new IdentitySigner(folder, "other"));
        other.WriteFiles();
        var signed = signer.Sign(IdentitySigner.Document, "-signer", folder["other.crt"], "-inkey", folder["other.key"]);
        Assert.Contains("several signers", Assert.Throws<FormatException>(() => SignedDocument.Parse(signed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Torn_and_mutated_documents_are_refused_or_not_signed()
    {
        using var folder = new Folder();
        var signer = new IdentitySigner(folder);
        var good = Convert.FromBase64String(signer.Sign(IdentitySigner.Document, "-stream", "-indef"));
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = i < good.Length ? good[..i] : (byte[])good.Clone();
            if (i >= good.Length) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            SignedDocument read;
            try
            {
                read = SignedDocument.Parse(Convert.ToBase64String(bytes));
            }
            catch (FormatException)
            {
                continue;
            }
            // A bit of what is not signed (the version, the algorithms named beside the signer's) may differ; the document may not.
            if (read.IsSignedBy(signer.Certificate)) Assert.Equal(IdentitySigner.Document, Encoding.UTF8.GetString(read.Content));
        }
    }
}
