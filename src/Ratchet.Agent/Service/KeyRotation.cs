using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Service;

/// <summary>
/// How <c>key rotate</c> reaches a running service, which alone may write records: a request file in the state directory, which
/// stands until the service has tried, also over its restart.
/// </summary>
static class KeyRotation
{
    public static void Request(string stateDirectory) => File.WriteAllBytes(PathIn(stateDirectory), []);

    public static bool IsRequested(Machine machine, string stateDirectory) => machine.Stamp(PathIn(stateDirectory)) != 0;

    public static void Done(string stateDirectory) => File.Delete(PathIn(stateDirectory));

    static string PathIn(string stateDirectory) => Path.Combine(stateDirectory, "rotate-key");
}
