namespace Ratchet.Agent.Checks;

/// <summary>How bad a failure is. The number is <c>event.severity</c>, on the scale of Elastic's alerts (0 to 100).</summary>
enum Severity
{
    Low = 21,
    Medium = 47,
    High = 73,
    Critical = 99,
}

/// <summary>
/// One promise that a host keeps or breaks: an immutable constant beside the code that judges it.
/// </summary>
/// <param name="Id">Dotted, area first, named for the good state: <c>sshd.root-login</c>. Never reused.</param>
/// <param name="Title">The good state, as a sentence without a full stop.</param>
/// <param name="Severity">How bad a failure is.</param>
/// <param name="Why">What an attacker or an accident does with the failure.</param>
/// <param name="Remedy">What an engineer does about it.</param>
/// <param name="Controls">The HIPAA paragraphs and HITRUST CSF references that it helps to prove, the primary ones first.</param>
sealed record Rule(string Id, string Title, Severity Severity, string Why, string Remedy, Controls Controls)
{
    /// <summary>The area, which is the name for <c>--only</c>: <c>sshd</c> of <c>sshd.root-login</c>.</summary>
    public string Area => Id[..Id.IndexOf('.', StringComparison.Ordinal)];
}
