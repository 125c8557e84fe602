namespace Ratchet.Agent.Checks.Aws;

/// <summary>What somebody else said, or why nothing is known of it. One of the two is null.</summary>
sealed record Told<T>(T? Value, string? Problem) where T : class
{
    public static Told<T> Nothing(string problem) => new(null, problem);

    public static implicit operator Told<T>(T value) => new(value, null);

    /// <summary>Asks; what cannot be had is a problem, not an exception.</summary>
    public static async Task<Told<T>> TryAsync(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return Nothing(e.Message);
        }
    }
}
