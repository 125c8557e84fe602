using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>
/// What was said of each listener's certificates, for as long as it is true: a chain costs milliseconds, and the same answer of a listener,
/// held against the same files, is judged anew only when a date has passed, or the number of days that are left.
/// </summary>
sealed class CertificateMemory(TlsSettings settings)
{
    /// <summary>The dates of an authority that no listener shows are not looked for: they count within this time.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    readonly Dictionary<string, Entry> entries = [];

    /// <summary>Forgets listeners that are gone.</summary>
    public void Keep(IEnumerable<TlsTarget> targets)
    {
        foreach (var gone in entries.Keys.Except(targets.Select(target => target.Listener.Subject)).ToArray()) entries.Remove(gone);
    }

    public Finding Judge(TlsTarget target, WireFacts facts, CertificateVerdict verdict, Machine machine)
    {
        var files = new[] { settings.CertificateAuthority, ServedCertificate.PackageFile }.OfType<string>().Select(path => StatusOf(machine, path)).ToArray();
        var (key, time) = (target.Listener.Subject, verdict.Time);
        if (entries.TryGetValue(key, out var known) && ReferenceEquals(known.Facts, facts) && known.Files.SequenceEqual(files) && known.Holds(time)) return known.Finding;
        var finding = verdict.Judge(target, facts);
        entries[key] = new Entry(facts, files, time, Turn(facts, time.Earliest), finding);
        return finding;
    }

    static FileStatus? StatusOf(Machine machine, string path)
    {
        try
        {
            return machine.Status(path);
        }
        catch (IOException)
        {
            // The verdict says so, where it matters.
            return null;
        }
    }

    /// <summary>When the next date passes of those that the listener shows, or the next of the days that are left.</summary>
    /// <param name="now">At the earliest.</param>
    DateTimeOffset Turn(WireFacts facts, DateTimeOffset now)
    {
        var turn = now + Longest;
        foreach (var bytes in facts.Names.SelectMany(name => name.Certificates))
            try
            {
                using var certificate = X509CertificateLoader.LoadCertificate(bytes);
                var (from, until) = (new DateTimeOffset(certificate.NotBefore), new DateTimeOffset(certificate.NotAfter));
                var nextDay = until - TimeSpan.FromDays(Math.Floor((until - now).TotalDays));
                foreach (var date in new[] { from, until, until - settings.Renewal, nextDay })
                    if (date > now && date < turn) turn = date;
            }
            catch (CryptographicException)
            {
                // What cannot be read has no dates.
            }
        return turn;
    }

    sealed record Entry(WireFacts Facts, FileStatus?[] Files, TrueTime At, DateTimeOffset Until, Finding Finding)
    {
        /// <summary>No date can have passed since, and the clock is believed as it was.</summary>
        public bool Holds(TrueTime time) => time.Earliest >= At.Earliest && time.Latest < Until && time.Note == At.Note;
    }
}
