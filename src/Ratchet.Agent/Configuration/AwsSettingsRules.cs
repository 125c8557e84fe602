using System.Net;
using System.Text.RegularExpressions;
using Ratchet.Agent.Checks.Aws;

namespace Ratchet.Agent.Configuration;

/// <summary>What the settings of AWS must fulfil beyond their types.</summary>
static partial class AwsSettingsRules
{
    // The only addresses that AWS gives it.
    static readonly string[] MetadataHosts = ["169.254.169.254", "[fd00:ec2::254]"];

    public static IEnumerable<(string, string)> Broken(AwsSettings aws)
    {
        if (!Uri.TryCreate(aws.Metadata, UriKind.Absolute, out var metadata) || metadata.Scheme != Uri.UriSchemeHttp || metadata.PathAndQuery != "/" || !(MetadataHosts.Contains(metadata.Host) || IsLoopback(metadata)))
            yield return ("$.aws.metadata", "expected http://169.254.169.254, http://[fd00:ec2::254], or an address on loopback: who answers there is believed");
        if (aws.Endpoint is { } endpoint && (!Uri.TryCreate(endpoint, UriKind.Absolute, out var api) || api.PathAndQuery != "/" || api.UserInfo.Length > 0 || (api.Scheme != Uri.UriSchemeHttps && !(api.Scheme == Uri.UriSchemeHttp && IsLoopback(api)))))
            yield return ("$.aws.endpoint", "expected an https address without a path, for instance that of an interface endpoint");
        if (aws.Certificates?.StartsWith('/') == false) yield return ("$.aws.certificates", "expected an absolute path");
        if (!aws.Attestation.StartsWith('/')) yield return ("$.aws.attestation", "expected an absolute path");
        if (aws.AttestationAge < TimeSpan.FromMinutes(10) || aws.AttestationAge > TimeSpan.FromDays(30)) yield return ("$.aws.attestationAge", "expected 10m to 30d: security groups change in a second");
        foreach (var broken in OfSources("$.aws.groups.loadBalancer", aws.Groups.LoadBalancer).Concat(OfSources("$.aws.groups.application", aws.Groups.Application)).Concat(OfSources("$.aws.groups.operators", aws.Groups.Operators))) yield return broken;
        for (var i = 0; i < aws.Openings.Count; i++)
        {
            if (aws.Openings[i].From.Count == 0) yield return ($"$.aws.openings[{i}].from", "expected at least one source");
            foreach (var broken in OfSources($"$.aws.openings[{i}].from", aws.Openings[i].From)) yield return broken;
        }
    }

    static IEnumerable<(string, string)> OfSources(string place, IReadOnlyList<string> sources)
    {
        for (var i = 0; i < sources.Count; i++)
            if (!SourceId.IsMatch(sources[i]) && GroupRule.Network(sources[i]) is null) yield return ($"{place}[{i}]", "expected a group id (sg-…), a prefix list id (pl-…) or a range such as 10.0.0.0/8");
    }

    static bool IsLoopback(Uri address) => IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip);

    [GeneratedRegex("^(sg|pl)-([0-9a-f]{8}|[0-9a-f]{17})\\z", RegexOptions.ExplicitCapture, 1000)]
    static partial Regex SourceId { get; }
}
