namespace Ratchet.Agent.Configuration;

sealed record UbuntuSettings
{
    /// <summary>How long a security update may be pending, from when this host first saw it.</summary>
    public TimeSpan UpdateWithin { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How old apt's newest list of security updates may be before nothing is known of what is pending.</summary>
    public TimeSpan ListAge { get; set; } = TimeSpan.FromDays(7);
}
