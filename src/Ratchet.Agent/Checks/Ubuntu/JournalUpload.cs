using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Where systemd-journal-upload sends the journal (journal-upload.conf(5)).</summary>
/// <param name="Url">As written; null: nowhere.</param>
/// <param name="ChecksReceiver">False where the check of the server's certificate is turned off.</param>
sealed record JournalUpload(string? Url, bool ChecksReceiver, IReadOnlyList<string> Files)
{
    public const string Unit = "systemd-journal-upload.service";

    public static JournalUpload Read(Machine machine)
    {
        var (settings, files) = SystemdSettings.Read(machine, "journal-upload.conf");
        var url = Last(settings, "URL");
        return new JournalUpload(url, Last(settings, "TrustedCertificateFile") is not ("-" or "all"), files);
    }

    /// <summary>An URL without a scheme is https.</summary>
    public bool IsEncrypted => Url is { } url && !url.StartsWith("http:", StringComparison.OrdinalIgnoreCase);

    public string Host
    {
        get
        {
            var rest = Url!.Contains("://", StringComparison.Ordinal) ? Url[(Url.IndexOf("://", StringComparison.Ordinal) + 3)..] : Url;
            return rest.StartsWith('[') ? rest.TrimStart('[').Split(']')[0] : rest.Split(':', '/')[0];
        }
    }

    static string? Last(IReadOnlyList<UnitSetting> settings, string key) => settings.LastOrDefault(setting => setting.Section == "Upload" && setting.Key == key).Value is { Length: > 0 } value ? value : null;
}
