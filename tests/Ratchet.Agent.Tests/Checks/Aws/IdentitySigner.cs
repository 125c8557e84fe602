using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Aws;

/// <summary>Signs identity documents as AWS does, by OpenSSL: with a key and a certificate of the test.</summary>
sealed class IdentitySigner(Folder folder, string name = "signer", int bits = 2048)
{
    public const string Account = "123456789012", Region = "us-east-1", Instance = "i-0123456789abcdef0";

    public static string Document { get; } = DocumentOf(Instance);

    /// <summary>Keys and signatures take time: each is made once.</summary>
    static readonly ConcurrentDictionary<string, Lazy<(string Key, X509Certificate2 Certificate)>> Keys = [];
    static readonly ConcurrentDictionary<string, string> Signed = [];

    string KeyName => $"{name} {bits}";

    public X509Certificate2 Certificate => Keys.GetOrAdd(KeyName, _ => new(NewKey)).Value.Certificate;

    (string Key, X509Certificate2 Certificate) NewKey()
    {
        using var key = RSA.Create(bits);
        var request = new CertificateRequest("C=US, O=Test Web Services", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(new DateTimeOffset(2015, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2190, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return (key.ExportPkcs8PrivateKeyPem(), X509CertificateLoader.LoadCertificate(certificate.RawData));
    }

    /// <summary>Writes certificate and key into the folder, for OpenSSL.</summary>
    public void WriteFiles()
    {
        var certificate = Certificate.ExportCertificatePem();
        folder.Write($"{name}.crt", certificate);
        folder.Write($"{name}.key", Keys[KeyName].Value.Key);
    }

    public static string DocumentOf(string instance, string region = Region) => $$"""
        {
          "accountId" : "{{Account}}",
          "architecture" : "x86_64",
          "availabilityZone" : "{{region}}a",
          "billingProducts" : null,
          "imageId" : "ami-0123456789abcdef0",
          "instanceId" : "{{instance}}",
          "instanceType" : "m7i.large",
          "pendingTime" : "2026-11-01T00:00:00Z",
          "privateIp" : "10.0.1.5",
          "region" : "{{region}}",
          "version" : "2017-09-30"
        }
        """;

    /// <summary>A file for aws.certificates.</summary>
    public string Table(string region = Region) => $"# {region}\n{Certificate.ExportCertificatePem()}\n";

    /// <summary>The signed document in base64 with line breaks, as rsa2048 answers.</summary>
    /// <param name="options">Of <c>openssl cms -sign</c>, beside those that it takes.</param>
    public string Sign(string document, params string[] options) => options.Contains("-signer") ? SignNow(document, options) : Signed.GetOrAdd($"{KeyName} {document} {string.Join(' ', options)}", _ => SignNow(document, options));

    string SignNow(string document, string[] options)
    {
        WriteFiles();
        var (content, signed) = (folder.Write($"{name}.json", document), folder[$"{name}.cms"]);
        string[] algorithm = options.Contains("-md") ? [] : ["-md", "sha256"];
        using var process = Process.Start(new ProcessStartInfo("openssl", ["cms", "-sign", "-binary", "-nodetach", "-nocerts", "-in", content, "-signer", folder[$"{name}.crt"], "-inkey", folder[$"{name}.key"], "-outform", "DER", "-out", signed, .. algorithm, .. options]) { RedirectStandardError = true, UseShellExecute = false })!;
        var trouble = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, trouble);
        return Convert.ToBase64String(File.ReadAllBytes(signed), Base64FormattingOptions.InsertLineBreaks);
    }
}
