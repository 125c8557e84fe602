namespace Ratchet.Agent.Checks.Aws;

/// <summary>The rules about what AWS does for, and knows of, an EC2 instance.</summary>
static class AwsRules
{
    public static readonly Rule ImdsV2Only = new(
        "aws.imds-v2-only", "The metadata service answers only who shows a session token", Severity.High,
        "Who can make an application fetch an address of his choice reads the role's credentials from the first version of the metadata service, and with them everything that the role may.",
        "aws ec2 modify-instance-metadata-options --instance-id ID --http-tokens required --http-put-response-hop-limit 1, and in the launch template; the metric MetadataNoToken shows who still uses the first version.",
        new Controls(["164.312(a)(1)", "164.308(a)(1)(ii)(B)"], ["01.v", "01.c"]));

    public static readonly Rule VolumesEncrypted = new(
        "aws.volumes-encrypted", "Every EBS and instance-store volume is encrypted, by AWS or by the guest", Severity.Critical,
        "A snapshot of a plain volume can be copied and shared with another account in minutes; nothing on the host shows it.",
        "Make an encrypted copy of the volume's snapshot and attach it in its place, with a key of your own; turn on encryption by default for the region. A volume that nobody attests needs the collector to run (docs/areas.md), or LUKS.",
        new Controls(["164.312(a)(2)(iv)", "164.310(d)(1)"], ["06.d", "10.f"]));

    public static readonly Rule GroupsNarrow = new(
        "aws.security-groups-narrow", "Security groups let in only who needs each listener: databases the application group alone", Severity.High,
        "Between a listener and the internet, or the neighbour's instance, the security group is the only wall that stands on none of the two hosts.",
        "Remove the rules of the evidence, or replace their source by the group that needs the port. Who may touch what is said by aws.groups and aws.openings.",
        new Controls(["164.312(a)(1)", "164.312(e)(1)", "164.308(a)(1)(ii)(B)"], ["01.m", "09.m", "01.n", "01.i", "01.w"]));

    public static readonly Rule IdentityVerified = new(
        "aws.identity-verified", "The instance is who it says: its identity document is signed by AWS", Severity.Medium,
        "Records and attestations are joined by account, region and instance. Who can answer in place of the metadata service could make a host pass for another one.",
        "Find out who answers at the metadata address (ip route get 169.254.169.254, iptables -t nat -L); where AWS has a new certificate for the region, name it in aws.certificates.",
        new Controls(["164.312(d)", "164.312(c)(1)"], ["01.q", "09.ab"]));

    public static IReadOnlyList<Rule> All { get; } = [ImdsV2Only, VolumesEncrypted, GroupsNarrow, IdentityVerified];
}
