namespace Ratchet.Agent.Checks;

/// <summary>The four verdicts. An error is <see cref="Unknown"/>, never a pass and never a fail.</summary>
enum Outcome
{
    Pass,
    Fail,
    Unknown,
    NotApplicable,
}

/// <summary>One verdict on one subject.</summary>
/// <param name="Rule">The rule that was judged.</param>
/// <param name="Outcome">The verdict.</param>
/// <param name="Subject">
/// What was judged, stable from sweep to sweep and over restarts (<c>tcp 0.0.0.0:8080 tomcat10.service</c>): never a pid,
/// an inode or a counter.
/// </param>
/// <param name="Message">One sentence that an on-call engineer understands; for unknown it is the reason.</param>
/// <param name="Evidence">What was seen, enough to act on without logging in. Never a secret, never patient data.</param>
sealed record Finding(Rule Rule, Outcome Outcome, string Subject, string Message, Evidence Evidence)
{
    /// <summary>Who answers for a failure, why and until when; null where nobody does.</summary>
    public string? Waiver { get; init; }

    /// <summary>The waiver's last day, UTC.</summary>
    public DateOnly? WaivedUntil { get; init; }

    public static Finding Pass(Rule rule, string subject, string message, Evidence? evidence = null) =>
        new(rule, Outcome.Pass, subject, message, evidence ?? []);

    public static Finding Fail(Rule rule, string subject, string message, Evidence? evidence = null) =>
        new(rule, Outcome.Fail, subject, message, evidence ?? []);

    public static Finding Unknown(Rule rule, string subject, string reason, Evidence? evidence = null) =>
        new(rule, Outcome.Unknown, subject, reason, evidence ?? []);

    public static Finding NotApplicable(Rule rule, string subject, string reason, Evidence? evidence = null) =>
        new(rule, Outcome.NotApplicable, subject, reason, evidence ?? []);
}
