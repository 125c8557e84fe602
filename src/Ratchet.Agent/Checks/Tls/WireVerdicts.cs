using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>Judges what a listener said. Certificates have a file of their own.</summary>
static class WireVerdicts
{
    const string NoTls = "it does not speak TLS (tls.spoken)";

    /// <summary>Where nobody knows what a listener speaks, or the rules do not speak of it.</summary>
    public static IEnumerable<Finding> Left(TlsTarget target, bool isExempt, string reason)
    {
        var (subject, evidence) = (target.Listener.Subject, EvidenceOf(target));
        if (isExempt) return [Finding.NotApplicable(TlsRules.Spoken, subject, reason, evidence)];
        Rule[] rules = target.Wire == Wire.Redirect ? [TlsRules.RedirectOnly] : [TlsRules.Spoken, TlsRules.OldRefused, TlsRules.CertificateValid];
        return rules.Select(rule => Finding.Unknown(rule, subject, reason, evidence));
    }

    public static IEnumerable<Finding> Judge(TlsTarget target, WireFacts facts, Func<Finding> ofCertificate)
    {
        var (subject, evidence) = (target.Listener.Subject, EvidenceOf(target));
        if (facts.Speech is Speech.Unclear or Speech.Greeting && facts.Names.All(name => name.Certificates.Count == 0)) return Left(target, false, facts.Said);
        if (facts.Speech == Speech.Ssh && target.Wire is null) return Left(target, true, facts.Said);
        if (facts.Speech == Speech.NotTls && target.Wire is null) return Left(target, false, $"{facts.Said}: if that is encrypted, or in clear on purpose, say so in ports.allow (\"wire\")");
        if (facts.Speech == Speech.Http) return InClear(target, facts, evidence);
        var judged = new List<Finding>
        {
            Spoken(subject, facts, evidence),
            facts.Speech is Speech.Tls or Speech.OldTls or Speech.Unclear ? OldRefused(subject, facts) : Finding.NotApplicable(TlsRules.OldRefused, subject, NoTls),
            facts.Speech is Speech.Tls or Speech.OldTls or Speech.Unclear ? ofCertificate() : Finding.NotApplicable(TlsRules.CertificateValid, subject, NoTls),
        };
        if (target.Wire == Wire.Redirect) judged.Add(Finding.NotApplicable(TlsRules.RedirectOnly, subject, facts.Speech == Speech.Tls ? "it speaks TLS" : "it does not speak HTTP", evidence));
        return judged;
    }

    static Finding Spoken(string subject, WireFacts facts, Evidence evidence)
    {
        var rule = TlsRules.Spoken;
        evidence.Add("versions", facts.Names.Select(name => $"{name.Name ?? "no name"}{name.At}: {name.Version ?? name.Problem}"));
        if (facts.Speech == Speech.OldTls) return Finding.Fail(rule, subject, "it speaks TLS, and no version that is newer than 1.1", evidence);
        if (facts.Speech is Speech.Refusing or Speech.NotTls or Speech.Ssh) return Finding.Fail(rule, subject, facts.Said, evidence);
        // That who names no name is sent away is fine, as long as every known name works.
        return facts.Names.FirstOrDefault(name => name.Version is null && (name.Name is not null || facts.Speech != Speech.Tls)) is { } bad
            ? Finding.Unknown(rule, subject, $"{(bad.Name is null && bad.Place is null ? "" : $"{(bad.Name is null ? "without a server name" : $"for {bad.Name}")}{bad.At}: ")}{bad.Problem}", evidence)
            : Finding.Pass(rule, subject, $"it speaks {facts.Names.Where(name => name.Version is not null).Select(name => name.Version).Min()}{(facts.Names.Where(name => name.Name is not null).DistinctBy(name => name.Name).Count() is > 0 and var count ? $", for {count} names" : "")}", evidence);
    }

    static Finding OldRefused(string subject, WireFacts facts)
    {
        var rule = TlsRules.OldRefused;
        var answers = facts.Names.SelectMany(name => name.Old.Select(old => (Who: (name.Name is null ? "without a server name" : $"as {name.Name}") + name.At, Old: old))).ToList();
        var evidence = new Evidence { { "answers", answers.Select(answer => $"{answer.Old.Asked}, {answer.Who}: {answer.Old.Said}") } };
        var accepted = answers.Where(answer => answer.Old.Answer == OldAnswer.Accepted).ToList();
        if (accepted.Count > 0) return Finding.Fail(rule, subject, $"asked for {accepted[0].Old.Asked} {accepted[0].Who}, {accepted[0].Old.Said}", evidence);
        if (answers.Find(answer => answer.Old.Answer == OldAnswer.Unclear) is { Old: { } unclear } open) return Finding.Unknown(rule, subject, $"asked for {unclear.Asked} {open.Who}, {unclear.Said}", evidence);
        // A refusal means something only where the same listener agrees to a version of today.
        return facts.Speech == Speech.Tls && answers.Count > 0 && facts.Names.All(name => name.Name is null || name.Version is not null)
            ? Finding.Pass(rule, subject, "it agrees to neither TLS 1.0 nor 1.1", evidence)
            : Finding.Unknown(rule, subject, $"no handshake of today works, so that a refusal proves nothing: {facts.Names.FirstOrDefault(name => name.Problem.Length > 0)?.Problem ?? facts.Said}", evidence);
    }

    /// <summary>One failure for one cause: of tls.redirect-only where the policy says that it redirects, else of tls.spoken.</summary>
    static IEnumerable<Finding> InClear(TlsTarget target, WireFacts facts, Evidence evidence)
    {
        var subject = target.Listener.Subject;
        evidence.Add("answers", facts.Pages.Select(page => $"{page.Host}{page.Path}: {(page.Status == 0 ? "none" : page.Status)}{(page.Location is null ? "" : $" to {page.Location}")}"));
        var served = facts.Pages.FirstOrDefault(page => !page.IsRedirect && !Refuses(page) && !IsUnclear(page));
        var unclear = facts.Pages.FirstOrDefault(IsUnclear);
        var redirects = served is null && unclear is null;
        if (target.Wire == Wire.Redirect || redirects)
        {
            yield return served is not null ? Finding.Fail(TlsRules.RedirectOnly, subject, $"it answers {served.Host}{served.Path} in clear with status {served.Status}, in place of sending the client to https", evidence)
                : unclear is not null ? Finding.Unknown(TlsRules.RedirectOnly, subject, $"what it does in clear is not certain: {unclear.Host}{unclear.Path} gave {(unclear.Status == 0 ? "no answer" : $"status {unclear.Status}")}", evidence)
                : Finding.Pass(TlsRules.RedirectOnly, subject, "it sends every client to https, or refuses", evidence);
            if (target.Wire == Wire.Tls) yield return Finding.Fail(TlsRules.Spoken, subject, "it speaks HTTP in clear", evidence);
            yield break;
        }
        yield return Finding.Fail(TlsRules.Spoken, subject, "it speaks HTTP in clear", evidence);
        yield return Finding.NotApplicable(TlsRules.OldRefused, subject, NoTls);
        yield return Finding.NotApplicable(TlsRules.CertificateValid, subject, NoTls);
    }

    /// <summary>Upgrade required (RFC 9110 section 15.5.22).</summary>
    static bool Refuses(PageFacts page) => page.Status == 426;

    /// <summary>
    /// Bad request, forbidden, time-out, misdirected, too many, the server's own trouble: what it would do for another path or client is
    /// not seen. (403 is also what a server without a front page answers for it.)
    /// </summary>
    static bool IsUnclear(PageFacts page) => page.Status is 0 or 400 or 403 or 408 or 421 or 429 or >= 500;

    static Evidence EvidenceOf(TlsTarget target)
    {
        var evidence = target.Listener.ToEvidence();
        evidence.Add("wire", target.Wire?.ToString().ToLowerInvariant());
        return evidence;
    }
}
