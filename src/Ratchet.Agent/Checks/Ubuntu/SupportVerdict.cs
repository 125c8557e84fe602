using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Whether the release still gets security updates: for everybody, or because the host is subscribed to Ubuntu Pro.</summary>
static class SupportVerdict
{
    public static Finding Judge(Machine machine, OsRelease host, Func<AptState> apt)
    {
        var today = DateOnly.FromDateTime(machine.Now.UtcDateTime);
        var release = UbuntuRelease.Find(host.Version);
        // Only who is past the first date needs the second, and the look into apt's lists.
        if (release is not { EsmEnd: { } last } || today <= release.End || today > last) return Judge(host, release, today, isSubscribed: false);
        return Judge(host, release, today, apt().SubscribedTo.Contains(AptLists.EsmInfra));
    }

    internal static Finding Judge(OsRelease host, UbuntuRelease? release, DateOnly today, bool isSubscribed)
    {
        var rule = UbuntuRules.Supported;
        var evidence = new Evidence { { "release", host.Version }, { "name", host.Name }, { "end", Day(release?.End) }, { "esmEnd", Day(release?.EsmEnd) }, { "datesKnownUntil", Day(UbuntuRelease.KnownUntil) } };
        if (release is null) return Finding.Unknown(rule, rule.Area, $"{host.Name} is not among the releases that this agent knows", evidence);
        var name = $"Ubuntu {release.Version}";
        if (today > release.End)
        {
            if (release.EsmEnd is not { } last) return Finding.Fail(rule, rule.Area, $"{name} has been without security updates since {Day(release.End)}", evidence);
            if (today > last) return Finding.Fail(rule, rule.Area, $"{name} has been without security updates since {Day(last)}, for subscribers of Ubuntu Pro too", evidence);
            if (!isSubscribed) return Finding.Fail(rule, rule.Area, $"{name} has been without security updates since {Day(release.End)}: this host's apt has no lists of Ubuntu Pro (esm-infra), which has them until {Day(last)}", evidence);
        }
        if (today > UbuntuRelease.KnownUntil) return Finding.Unknown(rule, rule.Area, $"whether {name} is still supported is not known: this agent's dates end on {Day(UbuntuRelease.KnownUntil)}", evidence);
        return today <= release.End
            ? Finding.Pass(rule, rule.Area, $"{name} has security updates until {Day(release.End)}", evidence)
            : Finding.Pass(rule, rule.Area, $"{name} has security updates through Ubuntu Pro until {Day(release.EsmEnd)}", evidence);
    }

    static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
