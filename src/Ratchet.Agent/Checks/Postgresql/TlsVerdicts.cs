using Ratchet.Agent.Checks.Time;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>TLS of a cluster: what its listeners answer, and what it will serve after the next reload.</summary>
sealed class TlsVerdicts(ClusterFacts facts)
{
    public static readonly TimeSpan RenewalTime = TimeSpan.FromDays(14);

    const string NoDoor = "it listens on no address that another host can reach";

    string Subject => facts.Cluster.Subject;

    public async Task<Finding> OnAsync()
    {
        var rule = PostgresRules.TlsOn;
        var doors = facts.RemoteDoors;
        if (doors.Count == 0) return Finding.NotApplicable(rule, Subject, NoDoor);
        if (!facts.Runs)
            return facts.IsOn("ssl")
                ? Finding.Pass(rule, Subject, "it is stopped; its files switch TLS on")
                : Finding.Fail(rule, Subject, "it is stopped, and its files leave TLS off", new Evidence { { "ssl", "off" } });
        var plain = new List<string>();
        var offers = await facts.OffersAsync();
        for (var i = 0; i < offers.Length; i++)
            if (!offers[i].OffersTls) plain.Add($"{doors[i].Address}:{doors[i].Port}");
        return plain.Count > 0
            ? Finding.Fail(rule, Subject, $"it refuses TLS on {string.Join(", ", plain)}", new Evidence { { "plain", plain } })
            : Finding.Pass(rule, Subject, "every network listener offers TLS", new Evidence { { "listeners", doors.Select(door => $"{door.Address}:{door.Port}") } });
    }

    public async Task<Finding> VersionAsync()
    {
        var rule = PostgresRules.TlsVersion;
        if (facts.RemoteDoors.Count == 0) return Finding.NotApplicable(rule, Subject, NoDoor);
        if (!facts.IsOn("ssl")) return Finding.NotApplicable(rule, Subject, "it does not speak TLS (postgresql.tls-on)");
        var lowest = facts.Setting("ssl_min_protocol_version");
        var evidence = new Evidence { { "ssl_min_protocol_version", lowest } };
        // A TLS setting that cannot be taken leaves the whole old context in force, and the setting shows the new value.
        if (facts.Runs && (Doubt() ?? await StaleAsync()) is { } stale) return Finding.Unknown(rule, Subject, stale, evidence);
        return lowest is "TLSv1.2" or "TLSv1.3"
            ? Finding.Pass(rule, Subject, $"{lowest} or later{(facts.Runs ? "" : ", from its next start")}", evidence)
            : Finding.Fail(rule, Subject, $"it accepts {(lowest.Length == 0 ? "any version of TLS" : lowest)}", evidence);
    }

    public async Task<Finding> CertificateAsync()
    {
        var rule = PostgresRules.CertificateValid;
        if (facts.RemoteDoors.Count == 0) return Finding.NotApplicable(rule, Subject, NoDoor);
        var certificates = new List<(string Where, byte[] Bytes)>();
        if (facts.Runs)
        {
            var offers = await facts.OffersAsync();
            for (var i = 0; i < offers.Length; i++)
                if (offers[i] is { OffersTls: true, Certificate: { } served }) certificates.Add(($"served on port {facts.RemoteDoors[i].Port}", served));
            if (certificates.Count == 0) return Finding.NotApplicable(rule, Subject, "it does not speak TLS (postgresql.tls-on)");
        }
        else if (!facts.IsOn("ssl")) return Finding.NotApplicable(rule, Subject, "it does not speak TLS (postgresql.tls-on)");
        var time = await facts.TimeAsync();
        if (Known(certificates, rule, time) is { Outcome: Outcome.Fail } bad) return bad;
        certificates.Add(($"in {facts.PathOf("ssl_cert_file")}, which the next {(facts.Runs ? "reload" : "start")} takes", OnDisk()));
        return Known(certificates, rule, time);
    }

    /// <summary>
    /// Why the last load may have left the TLS settings as they were: the server takes all of them or none, and none where it cannot
    /// load one of these files. Null: each is there, the server's account can read it, and it is older than the load.
    /// </summary>
    public string? Doubt()
    {
        var required = new[] { "ssl_cert_file", "ssl_key_file" };
        foreach (var name in required.Concat(Named))
            if (facts.PathOf(name) is { Length: > 0 } path && DoubtOf(path) is { } doubt)
                return $"whether the TLS settings are in force is not known: {path}, which {name} names, {doubt}, and the server keeps the settings that it had where it cannot load that file";
        return null;
    }

    /// <summary>Files that TLS takes where a setting names them.</summary>
    static IEnumerable<string> Named => ["ssl_ca_file", "ssl_crl_file", "ssl_dh_params_file"];

    string? DoubtOf(string path) =>
        facts.Machine.Status(path) is not { } status ? "is missing"
        : facts.IsNewer(status) ? "was changed while or after the server loaded its files (reload once more)"
        : facts.Account?.MayRead(status) == false ? "may not be read by the server's account"
        : null;

    /// <summary>Why the settings of TLS may not be in force: what it serves is not what its file held when it last loaded. Null: they are.</summary>
    public async Task<string?> StaleAsync()
    {
        var path = facts.PathOf("ssl_cert_file");
        if (facts.Doors.Count == 0 || facts.IsNewer(facts.Machine.Status(path))) return null;
        var offer = facts.RemoteDoors.Count > 0 ? (await facts.OffersAsync())[0] : await facts.AskForTls(facts.Doors[0].EndPoint);
        return offer.Certificate is { } served && !served.SequenceEqual(OnDisk()) ? $"it serves another certificate than {path} held when it last loaded: its last reload did not take the TLS settings" : null;
    }

    /// <summary>The first certificate of the file, which is the one that is served (DER).</summary>
    byte[] OnDisk() => ServedCertificate.Read(facts.Readable, facts.PathOf("ssl_cert_file")) ?? throw new IOException($"{facts.PathOf("ssl_cert_file")} is missing");

    Finding Known(IReadOnlyList<(string Where, byte[] Bytes)> certificates, Rule rule, TrueTime time)
    {
        var package = ServedCertificate.OfPackage(facts.Machine);
        Finding? good = null, open = null;
        foreach (var (where, bytes) in certificates)
        {
            using var certificate = ServedCertificate.Load(bytes, where);
            var evidence = certificate.ToEvidence(facts.Machine.Now);
            evidence.Add("where", where);
            if (certificate.FaultAt(time, RenewalTime, package) is { } fault) return Finding.Fail(rule, Subject, $"the certificate {where} {fault}", evidence);
            if (certificate.DoubtAt(time, RenewalTime) is { } doubt) open ??= Finding.Unknown(rule, Subject, $"the certificate {where} {doubt}", evidence);
            good ??= Finding.Pass(rule, Subject, $"the certificate is good for {certificate.DaysLeft(time.Now)} days{time.Note}", evidence);
        }
        return open ?? good ?? Finding.Unknown(rule, Subject, "no certificate was seen");
    }
}
