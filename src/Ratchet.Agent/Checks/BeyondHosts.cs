namespace Ratchet.Agent.Checks;

/// <summary>
/// What Ratchet's policies and the Security Rule ask for and no agent on a host can prove: people, papers, buildings and other
/// systems show it. They are listed so that a report of controls is not taken for more than it is.
/// </summary>
/// <param name="Paragraph">Of 45 CFR Part 164.</param>
/// <param name="Title">Of the paragraph, with (R) required, (A) addressable or (S) standard.</param>
/// <param name="What">What has to be so.</param>
/// <param name="ProvedBy">Where an auditor finds it instead.</param>
sealed record BeyondHosts(string Paragraph, string Title, string What, string ProvedBy)
{
    public static IReadOnlyList<BeyondHosts> All { get; } =
    [
        new("164.308(a)(1)(ii)(A)", "Risk analysis (R)", "risks to patients' records are assessed, and again after changes", "the risk analysis and its dates"),
        new("164.308(a)(1)(ii)(D)", "Information system activity review (R)", "people look at logs and findings as often as the policy says", "the record of reviews; the agent shows only that there was something to look at"),
        new("164.308(a)(5)(i)", "Security awareness and training (S)", "the workforce is trained", "training records"),
        new("164.308(a)(6)(ii)", "Response and reporting (R)", "incidents are followed up, and what came of it is written down", "tickets of incidents; the agent shows when an alert opened and resolved"),
        new("164.308(a)(7)(ii)(A)", "Data backup plan (R)", "copies of every database are complete and lie elsewhere", "the backup system"),
        new("164.308(a)(7)(ii)(D)", "Testing and revision procedures (A)", "a backup was restored, and it worked", "the record of the last restore"),
        new("164.310(a)(1)", "Facility access controls (S)", "nobody walks up to the machines", "AWS's compliance reports"),
        new("164.310(d)(2)(i)", "Disposal (R)", "volumes and snapshots that are given up cannot be read again", "the account's list of snapshots and keys"),
        new("164.312(a)(2)(ii)", "Emergency access procedure (R)", "records can be reached when the usual ways are gone", "the procedure and its last rehearsal"),
        new("164.314(a)(2)(i)", "Business associate contracts (R)", "agreements say what the rule demands", "the signed agreements; the agent knows the dates that the register gives"),
        new("164.316(b)(2)(i)", "Time limit (R)", "documentation is kept for six years", "retention of the central cluster; verify shows that what was kept is whole"),
        new("164.410(a)(1)", "Notification by a business associate", "customers hear of a breach in time", "the incident procedure"),
    ];
}
