using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Service;

/// <summary>
/// How <c>key prepare</c> and <c>key rotate</c> reach a running service, which alone may write keys and records: a request file in
/// the state directory, which stands until the service has tried, also over its restart.
/// </summary>
static class KeyRotation
{
    /// <summary>Make the successor, and go on with the present key.</summary>
    public const string Prepare = "prepare-key";

    /// <summary>Go on with the successor.</summary>
    public const string Rotate = "rotate-key";

    public static void Request(string stateDirectory, string step) => File.WriteAllBytes(Path.Combine(stateDirectory, step), []);

    public static bool IsRequested(Machine machine, string stateDirectory, string step) => machine.Stamp(Path.Combine(stateDirectory, step)) != 0;

    public static void Done(string stateDirectory, string step) => File.Delete(Path.Combine(stateDirectory, step));
}
