namespace Ratchet.Agent.Checks.Aws;

/// <summary>Judges what the metadata service itself shows: who it says the instance is, and whom it answers.</summary>
static class MetadataVerdicts
{
    const string Subject = "metadata service";

    /// <summary>Its own answer to a request without a token is the truth; what is attested of its options counts where it is newer.</summary>
    public static Finding JudgeVersion(AwsFacts facts, Told<Attestation> attestation)
    {
        var rule = AwsRules.ImdsV2Only;
        var evidence = new Evidence { { "attested_by", attestation.Value?.Label }, { "http_tokens", attestation.Value?.Tokens }, { "http_endpoint", attestation.Value?.Endpoint }, { "hop_limit", attestation.Value?.HopLimit } };
        if (facts.Tokenless.Value is not { } answer)
            return attestation.Value is { Endpoint: "disabled" } off
                ? Finding.Pass(rule, Subject, $"the metadata service is turned off, says {off.Source}, and gives no token", evidence)
                : Finding.Unknown(rule, Subject, facts.Tokenless.Problem!, evidence);
        evidence.Add("status_without_token", answer.Status);
        evidence.Add("asked_without_token", answer.At);
        // The options may have been changed since it was asked.
        var since = attestation.Value is { } seen && seen.Generated > answer.At ? seen : null;
        return answer switch
        {
            { Status: 401 } when since is { Tokens: "optional" } => Finding.Fail(rule, Subject, $"a request without a token was refused, and since then it has been made optional, says {since.Label}", evidence),
            { Status: 200 } when since is { Tokens: "required" } => Finding.Unknown(rule, Subject, $"a request without a token was answered, and since then it has been forbidden, says {since.Label}: it is tried again within a day, or at a restart of the agent", evidence),
            { Status: 401 } => Finding.Pass(rule, Subject, "a request without a token is refused", evidence),
            { Status: 200, IsInstanceId: true } => Finding.Fail(rule, Subject, "a request without a token is answered: the first version is open to every process, and to who can make one fetch an address", evidence),
            { Status: 200 } => Finding.Unknown(rule, Subject, "a request without a token is answered, but not with an instance id: who answers is not known", evidence),
            _ => Finding.Unknown(rule, Subject, $"a request without a token is answered with HTTP {answer.Status}, which says neither yes nor no", evidence),
        };
    }

    public static Finding JudgeIdentity(AwsFacts facts, Ec2Host host)
    {
        var (rule, subject) = (AwsRules.IdentityVerified, "identity document");
        if (facts.Identity.Value is not { } identity) return Finding.Unknown(rule, subject, facts.Identity.Problem!, new Evidence { { "firmware", host.AssetTag } });
        var evidence = new Evidence
        {
            { "account", identity.Claim.Account }, { "region", identity.Claim.Region }, { "zone", identity.Claim.Zone }, { "instance", identity.Claim.Instance }, { "type", identity.Claim.Type },
            { "firmware", host.AssetTag }, { "signer_serial", identity.Serial },
        };
        return identity.Proof switch
        {
            Proof.Verified => Finding.Pass(rule, subject, $"{identity.Claim.Instance} of account {identity.Claim.Account}, {identity.Reason}", evidence),
            Proof.False => Finding.Fail(rule, subject, identity.Reason, evidence),
            _ => Finding.Unknown(rule, subject, identity.Reason, evidence),
        };
    }
}
