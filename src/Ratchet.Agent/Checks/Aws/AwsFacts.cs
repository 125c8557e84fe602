namespace Ratchet.Agent.Checks.Aws;

/// <summary>What the metadata service answered to a request without a token.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="IsInstanceId">Its body was an instance id: the first version is open.</param>
sealed record TokenlessAnswer(DateTimeOffset At, int Status, bool IsInstanceId);

/// <summary>All that was asked over the network in one look.</summary>
/// <param name="Api">What the EC2 API says; null where it is not to be asked.</param>
sealed record AwsFacts(DateTimeOffset At, Told<Identity> Identity, Told<TokenlessAnswer> Tokenless, Told<AttachedGroups> Groups, Told<Attestation>? Api)
{
    public static AwsFacts Nothing(DateTimeOffset at, string problem, bool asksApi) => new(
        at, Told<Identity>.Nothing(problem), Told<TokenlessAnswer>.Nothing(problem), Told<AttachedGroups>.Nothing(problem), asksApi ? Told<Attestation>.Nothing(problem) : null);

    /// <summary>Something could not be had, and is asked for sooner.</summary>
    public bool HasProblem => (Identity.Problem ?? Tokenless.Problem ?? Groups.Problem ?? Api?.Problem) is not null;
}
