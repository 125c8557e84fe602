namespace Ratchet.Agent.Probes;

/// <summary>Where somebody looks at this moment: what to name where a look never comes back.</summary>
sealed class Position
{
    volatile string? path;

    /// <summary>The file that was opened last; null before the first.</summary>
    public string? Path
    {
        get => path;
        set => path = value;
    }
}
