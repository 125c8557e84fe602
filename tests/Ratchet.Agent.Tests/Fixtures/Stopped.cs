using System.Globalization;

namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A process of the test that stands still (SIGSTOP) until this is disposed of: it is there, and answers nobody.</summary>
sealed class Stopped : IDisposable
{
    readonly string id;

    Stopped(string id)
    {
        this.id = id;
        Programs.Run("/bin/kill", "-STOP", id);
    }

    public static Stopped Process(int id) => new(id.ToString(CultureInfo.InvariantCulture));

    public void Dispose() => Programs.Run("/bin/kill", "-CONT", id);
}
