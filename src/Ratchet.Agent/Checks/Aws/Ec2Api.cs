using System.Globalization;
using System.Text.Json;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// Asks the EC2 API what a collector would: volumes, metadata options, groups and their rules, with the credentials of the instance's
/// role, which are fetched for it and forgotten. Nothing comes from the environment or a profile. Any error is an error, never an answer.
/// </summary>
sealed class Ec2Api(Machine machine, MetadataService metadata, string? endpoint)
{
    const string Version = "2016-11-15", FormType = "application/x-www-form-urlencoded; charset=utf-8";
    const int PageLimit = 20, AnswerLimit = 4 << 20;

    static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <exception cref="IOException">It does not answer, or with an error.</exception>
    /// <exception cref="FormatException">Its answer is not of the form.</exception>
    public async Task<Attestation> AttestAsync(CloudPlace place, CancellationToken cancel)
    {
        var credentials = await CredentialsAsync(cancel);
        Task<Ec2Answer> Ask(string action, params IEnumerable<(string, string)> fields) => AskAsync(credentials, place.Region, [("Action", action), .. fields], cancel);

        var instance = (await Ask("DescribeInstances", [("InstanceId.1", place.Instance)])).Items("reservationSet").SelectMany(reservation => reservation.Items("instancesSet")).FirstOrDefault(found => found.Value("instanceId") == place.Instance)
            ?? throw new IOException($"the EC2 API does not know {place.Instance}");
        var volumes = new List<AttestedVolume>();
        await foreach (var page in PagesAsync(token => Ask("DescribeVolumes", [("Filter.1.Name", "attachment.instance-id"), ("Filter.1.Value.1", place.Instance), .. token]), cancel))
            volumes.AddRange(page.NeededItems("volumeSet").Select(volume => ReadVolume(volume, place.Instance)));
        // In a VPC the groups of the reservation are empty: those of the instance count, and of each of its interfaces.
        string[] groups = [.. instance.Items("networkInterfaceSet").Append(instance).SelectMany(part => part.Items("groupSet")).Select(group => group.Value("groupId")).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        var rules = new List<GroupRule>();
        if (groups.Length > 0)
            await foreach (var page in PagesAsync(token => Ask("DescribeSecurityGroupRules", [("Filter.1.Name", "group-id"), .. groups.Select((id, index) => ($"Filter.1.Value.{index + 1}", id)), .. token]), cancel))
                rules.AddRange(page.NeededItems("securityGroupRuleSet").Where(rule => rule.Value("isEgress") != "true").Select(ReadRule));
        // Where the role may not ask this, instance store is unknown, and nothing else.
        var types = place.Type is null ? null : (await Told<Ec2Answer>.TryAsync(() => Ask("DescribeInstanceTypes", [("InstanceType.1", place.Type)]))).Value;
        bool? store = types?.Items("instanceTypeSet").FirstOrDefault()?["instanceStorageInfo"]?.Value("encryptionSupport") switch { "required" => true, "unsupported" => false, _ => null };
        var options = instance["metadataOptions"];
        // Options that are still being applied are not in force.
        var isApplied = options?.Value("state") == "applied";
        return new Attestation("the EC2 API", machine.Now, null, place.Account, place.Region, place.Instance, isApplied ? options!.Value("httpTokens") : null, isApplied ? options!.Value("httpEndpoint") : null,
            long.TryParse(options?.Value("httpPutResponseHopLimit"), NumberStyles.None, CultureInfo.InvariantCulture, out var hops) ? hops : null, store, volumes, groups, rules);
    }

    static AttestedVolume ReadVolume(Ec2Answer volume, string instance) => new(
        volume.Value("volumeId") ?? throw Wrong("volumeId"),
        volume.Items("attachmentSet").FirstOrDefault(attachment => attachment.Value("instanceId") == instance)?.Value("device"),
        volume.Value("encrypted") switch { "true" => true, "false" => false, _ => throw Wrong("encrypted") }, volume.Value("kmsKeyId"), null);

    static GroupRule ReadRule(Ec2Answer rule) => GroupRule.Of(
        rule.Value("groupId") ?? throw Wrong("groupId"), rule.Value("ipProtocol") ?? throw Wrong("ipProtocol"), Port(rule.Value("fromPort")), Port(rule.Value("toPort")),
        rule.Value("cidrIpv4") ?? rule.Value("cidrIpv6") ?? rule.Value("prefixListId") ?? rule["referencedGroupInfo"]?.Value("groupId") ?? throw Wrong("source of a rule"));

    static int? Port(string? text) => text is null ? null : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var port) ? port : throw Wrong("port");

    static FormatException Wrong(string what) => new($"the EC2 API's answer has no valid {what}");

    async Task<RoleCredentials> CredentialsAsync(CancellationToken cancel)
    {
        const string roles = "/latest/meta-data/iam/security-credentials/";
        var role = await metadata.ReadAsync(roles, cancel) is { Length: > 0 } names ? names.Split('\n')[0].Trim() : throw new IOException("the instance has no role to ask the EC2 API with");
        if (await metadata.ReadAsync(roles + Uri.EscapeDataString(role), cancel) is not { } json) throw new IOException("the instance's role has no credentials");
        try
        {
            using var document = JsonDocument.Parse(json);
            string Text(string name) => document.RootElement.GetProperty(name).GetString() is { Length: > 0 } text && text.All(c => c is > ' ' and <= '~') ? text : throw new InvalidOperationException();
            return new RoleCredentials(Text("AccessKeyId"), Text("SecretAccessKey"), Text("Token"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new IOException("the metadata service gives something that is no credentials", e);
        }
    }

    /// <summary>The whole of a long answer, page by page.</summary>
    static async IAsyncEnumerable<Ec2Answer> PagesAsync(Func<(string, string)[], Task<Ec2Answer>> ask, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        (string, string)[] token = [];
        for (var page = 0; page < PageLimit; page++)
        {
            var answer = await ask(token);
            yield return answer;
            if (answer.Value("nextToken") is not { } next) yield break;
            token = [("NextToken", next)];
            cancel.ThrowIfCancellationRequested();
        }
        throw new IOException($"the EC2 API's answer has more than {PageLimit} pages");
    }

    async Task<Ec2Answer> AskAsync(RoleCredentials credentials, string region, IEnumerable<(string Name, string Value)> fields, CancellationToken cancel)
    {
        var address = new Uri(endpoint ?? $"https://ec2.{region}.{(region.StartsWith("cn-", StringComparison.Ordinal) ? "amazonaws.com.cn" : region.StartsWith("eusc-", StringComparison.Ordinal) ? "amazonaws.eu" : "amazonaws.com")}/");
        var body = string.Join('&', fields.Append(("Version", Version)).Select(field => $"{field.Item1}={Uri.EscapeDataString(field.Item2)}"));
        var now = machine.Now;
        var headers = new Dictionary<string, string> { ["Content-Type"] = FormType, ["Host"] = address.Authority, ["X-Amz-Date"] = SignatureV4.Stamp(now), ["X-Amz-Security-Token"] = credentials.SessionToken! };
        headers["Authorization"] = SignatureV4.Sign(credentials, region, "ec2", now, "POST", "/", "", headers, body);
        var answer = await machine.AskAsync(new WebRequest(HttpMethod.Post, new Uri(address, "/"), headers, body) { TimeLimit = TimeLimit, SizeLimit = AnswerLimit }, cancel);
        var parsed = Ec2Answer.Parse(answer.Body);
        if (answer.Status == 200 && parsed.ErrorCode is null) return parsed;
        throw new IOException($"the EC2 API refuses {fields.First().Value}: {Printable.Clean(parsed.ErrorCode ?? "HTTP " + answer.Status.ToString(CultureInfo.InvariantCulture), 100)}{Hint(parsed.ErrorCode)}");
    }

    static string Hint(string? code) => code switch
    {
        "RequestExpired" or "SignatureDoesNotMatch" or "AuthFailure" => "; a clock that is minutes off is refused so, too (ubuntu.clock-synchronised)",
        "UnauthorizedOperation" or "AccessDenied" => "; the instance's role needs the policy in docs/areas.md",
        _ => "",
    };
}
