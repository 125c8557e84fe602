using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Where systemd-journal-upload sends the journal (journal-upload.conf(5)).</summary>
/// <param name="Url">As written; null: nowhere.</param>
/// <param name="ChecksReceiver">False where the check of the server's certificate is turned off.</param>
sealed record JournalUpload(string? Url, bool ChecksReceiver, IReadOnlyList<string> Files)
{
    public const string Unit = "systemd-journal-upload.service";

    // Later ones win for the main file's name; drop-ins of all are read in the order of their names.
    static readonly string[] Directories = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

    public static JournalUpload Read(Machine machine)
    {
        var settings = new List<UnitSetting>();
        var files = new List<string>();
        if (Directories.Select(directory => directory + "/journal-upload.conf").FirstOrDefault(path => machine.Status(path) is not null) is { } main) files.Add(main);
        var dropIns = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var directory in Directories)
            foreach (var name in machine.List(directory + "/journal-upload.conf.d") ?? [])
                if (name.EndsWith(".conf", StringComparison.Ordinal)) dropIns.TryAdd(name, $"{directory}/journal-upload.conf.d/{name}");
        files.AddRange(dropIns.Values);
        foreach (var file in files) UnitFiles.Parse(machine.ReadText(file) ?? "", file, settings);
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

    static string? Last(List<UnitSetting> settings, string key) => settings.LastOrDefault(setting => setting.Section == "Upload" && setting.Key == key).Value is { Length: > 0 } value ? value : null;
}
