using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Fuzzing;

/// <param name="Throws">What its documentation says that it throws.</param>
/// <param name="Open">Makes what it needs.</param>
sealed record Parser(string Name, Type[] Throws, Func<Bench> Open)
{
    public static Parser Of(string name, Type[] throws, IEnumerable<byte[]> seeds, Action<byte[]> feed) => new(name, throws, () => new Bench([.. seeds], feed));

    /// <summary>A parser that reads a file: each input is written into a folder first.</summary>
    public static Parser OfFile(string name, Type[] throws, IEnumerable<byte[]> seeds, string file, Action<string> read) => new(name, throws, () =>
    {
        var folder = new Folder();
        var path = folder.Write(file, "");
        return new Bench([.. seeds], input =>
        {
            File.WriteAllBytes(path, input);
            read(folder.Path);
        }, folder);
    });
}

/// <summary>A parser at work.</summary>
/// <param name="Seeds">Inputs to begin with, of which at least one is good.</param>
/// <param name="Feed">Reads one input; asserts what must hold of the result.</param>
sealed record Bench(IReadOnlyList<byte[]> Seeds, Action<byte[]> Feed, params IDisposable[] Held) : IDisposable
{
    public void Dispose()
    {
        foreach (var held in Held) held.Dispose();
    }
}
