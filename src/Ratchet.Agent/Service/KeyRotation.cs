namespace Ratchet.Agent.Service;

/// <summary>
/// How <c>key rotate</c> reaches a running service, which alone may write records: a request file in the state directory.
/// </summary>
static class KeyRotation
{
    public static void Request(string stateDirectory) => File.WriteAllBytes(PathIn(stateDirectory), []);

    /// <summary>Whether a rotation is asked for; the request is taken away.</summary>
    public static bool TakeRequest(string stateDirectory)
    {
        var path = PathIn(stateDirectory);
        try
        {
            _ = File.GetAttributes(path);
        }
        catch (IOException)
        {
            return false;
        }
        File.Delete(path);
        return true;
    }

    static string PathIn(string stateDirectory) => Path.Combine(stateDirectory, "rotate-key");
}
