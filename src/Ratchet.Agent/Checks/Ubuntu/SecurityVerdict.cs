using Ratchet.Agent.Checks.Alerts;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>
/// Whether security updates are installed within the time that the policy gives. Each source package with a pending one has a verdict of
/// its own, so that the service's memory of verdicts, which survives restarts, knows since when it has been pending.
/// </summary>
static class SecurityVerdict
{
    const int PackageLimit = 100;

    /// <param name="since">Since when the finding of a source package has been what it is, and whether it is a failure; null: it is new.</param>
    public static IEnumerable<Finding> Judge(AptState apt, UbuntuSettings policy, DateTimeOffset now, Func<string, KnownVerdict?> since)
    {
        yield return OfLists(apt, policy, now);
        // An update that an old list has is pending all the same.
        foreach (var update in apt.Pending.Take(PackageLimit)) yield return OfUpdate(update, policy, now, since(update.Source));
        if (apt.Pending.Count > PackageLimit)
            yield return Finding.Fail(UbuntuRules.SecurityUpdates, "other packages", $"{apt.Pending.Count - PackageLimit} more source packages wait for security updates: this host has not been updated for long", new Evidence { { "sources", apt.Pending.Skip(PackageLimit).Select(update => update.Source) } });
        if (apt.PendingInPro is { Count: > 0 } missed)
            yield return Finding.Fail(UbuntuRules.SecurityUpdates, "Ubuntu Pro", $"security updates for {missed.Count} installed source packages are published in Ubuntu Pro (ESM) alone, to which this host is not subscribed: {string.Join(", ", missed.Take(5).Select(update => update.Source))}{(missed.Count > 5 ? ", …" : "")}",
                new Evidence { { "packages", missed.SelectMany(update => update.Packages) } });
    }

    static Finding OfLists(AptState apt, UbuntuSettings policy, DateTimeOffset now)
    {
        var rule = UbuntuRules.SecurityUpdates;
        var evidence = new Evidence { { "published", apt.Published }, { "pending", apt.Pending.Count }, { "subscribedTo", apt.SubscribedTo.Order(StringComparer.Ordinal) } };
        if (apt.Obstacle is { } obstacle) return Finding.Unknown(rule, "apt lists", obstacle, evidence);
        if (apt.Published is not { } published || now - published > policy.ListAge)
            return Finding.Unknown(rule, "apt lists", $"apt's newest list of security updates is of {apt.Published?.UtcDateTime:yyyy-MM-dd HH:mm}Z, older than {DurationConverter.Format(policy.ListAge)}: what was published since is not known", evidence);
        if (published > now.AddDays(1)) return Finding.Unknown(rule, "apt lists", $"apt's list of security updates is of {published.UtcDateTime:yyyy-MM-dd HH:mm}Z, which is to come: this host's clock is wrong", evidence);
        var beyond = apt.PendingInPro is null && apt.SubscribedTo.Count == 0 ? "; what only Ubuntu Pro (ESM) has is not known here" : "";
        return Finding.Pass(rule, "apt lists", apt.Pending.Count == 0
            ? $"no security update of the lists of {published.UtcDateTime:yyyy-MM-dd} is pending{beyond}"
            : $"the lists are of {published.UtcDateTime:yyyy-MM-dd}; {apt.Pending.Count} source packages wait for security updates, each with a verdict of its own{beyond}", evidence);
    }

    static Finding OfUpdate(PendingUpdate update, UbuntuSettings policy, DateTimeOffset now, KnownVerdict? known)
    {
        var rule = UbuntuRules.SecurityUpdates;
        var evidence = new Evidence { { "packages", update.Packages }, { "held", update.IsHeld ? true : null } };
        var held = update.IsHeld ? " (apt is told to hold it)" : "";
        var within = DurationConverter.Format(policy.UpdateWithin);
        if (known is { Evaluation: "failed" or "waived" }) return Finding.Fail(rule, update.Source, $"a security update of {update.Source} has been pending for longer than {within}{held}", evidence);
        // A verdict of another kind (its update was not pending then) says nothing of this one's age.
        var first = known is { Evaluation: "passed" } ? known.Since : now;
        evidence.Add("pendingSince", first);
        return now - first > policy.UpdateWithin
            ? Finding.Fail(rule, update.Source, $"a security update of {update.Source} has been pending since {first.UtcDateTime:yyyy-MM-dd}, longer than {within}{held}", evidence)
            : Finding.Pass(rule, update.Source, $"a security update of {update.Source} has been pending since {first.UtcDateTime:yyyy-MM-dd}, within the {within} that the policy gives{held}", evidence);
    }
}
