namespace Ratchet.Agent.Records;

/// <summary>
/// A signing key that comes as a credential of systemd (systemd.exec(5), LoadCredentialEncrypted=), in place of key.pem: sealed on the
/// disk to this host's TPM or secret, plain only in memory of the service. The file is PKCS#8 PEM, like key.pem.
/// </summary>
static class SealedKey
{
    public const string Name = "ratchet-agent.key";

    /// <summary>Its path, which the service manager alone can write; null where there is none.</summary>
    public static string? Path
    {
        get
        {
            if (Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is not { Length: > 0 } directory) return null;
            var path = System.IO.Path.Combine(directory, Name);
            try
            {
                _ = File.GetAttributes(path);
                return path;
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }
    }
}
