using System.Security.Cryptography.X509Certificates;
using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Checks.Aws;

enum Proof
{
    Verified,

    /// <summary>The signature is not what the certificate that it names would have made, or the document is another instance's.</summary>
    False,

    /// <summary>Nobody can tell, for the reason.</summary>
    Unproved,
}

/// <summary>What the metadata service says that the instance is, and what that is worth.</summary>
/// <param name="Claim">The document; believed only where it is verified.</param>
/// <param name="Reason">The sentence that goes with the proof.</param>
/// <param name="Serial">Of the certificate that the signer names.</param>
sealed record Identity(CloudPlace Claim, Proof Proof, string Reason, string Serial)
{
    /// <summary>The place, where it is proved.</summary>
    public CloudPlace? Place => Proof == Proof.Verified ? Claim : null;

    /// <param name="signed">As <c>rsa2048</c> answers.</param>
    /// <exception cref="FormatException">It is no signed identity document.</exception>
    /// <exception cref="IOException">The site's own certificates cannot be read.</exception>
    public static Identity Judge(string signed, Ec2Host host, Machine machine, TrueTime time, string? certificates)
    {
        var document = SignedDocument.Parse(signed);
        var claim = IdentityDocument.Parse(document.Content);
        if (host.AssetTag is { } tag && tag != claim.Instance)
            return new Identity(claim, Proof.False, $"the metadata service answers for {claim.Instance}, and the firmware says that this is {tag}", document.Serial);
        var table = RegionCertificates.Load(machine, certificates);
        var (proof, reason) = Check(document, claim.Region, table, time);
        return new Identity(claim, proof, reason, document.Serial);
    }

    static (Proof, string) Check(SignedDocument document, string region, RegionCertificates table, TrueTime time)
    {
        const string remedy = "name it in aws.certificates";
        var known = table.Of(region);
        if (known.Count == 0) return (Proof.Unproved, $"the table of {table.AsOf:yyyy-MM-dd} has no certificate for the region {region}: {remedy}");
        var isNamed = false;
        foreach (var der in known)
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            isNamed |= certificate.SerialNumber.TrimStart('0') == document.Serial;
            if (!document.IsSignedBy(certificate)) continue;
            return ServedCertificate.DoubtAt(certificate, time) is { } doubt ? (Proof.Unproved, $"the certificate that AWS signs with in {region} {doubt}")
                : time.HasPassed(certificate.NotBefore) == true && time.HasPassed(certificate.NotAfter) == false ? (Proof.Verified, $"signed by AWS for {region}")
                : (Proof.Unproved, $"the certificate that AWS signs with in {region} is not valid today: {remedy}");
        }
        // AWS may have begun to sign with another one: a certificate that nobody here knows is no forgery.
        return isNamed
            ? (Proof.False, $"the signature is not that of the certificate of {region} that it names")
            : (Proof.Unproved, $"signed with a certificate ({document.Serial}) that is not in the table of {table.AsOf:yyyy-MM-dd} for {region}: if AWS has a new one, {remedy}");
    }
}
