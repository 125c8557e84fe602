namespace Ratchet.Agent.Tests.Fixtures;

/// <summary>A temporary directory, gone with the test.</summary>
/// <param name="isInMemory">For what writes and syncs by the thousand and is not about the disk.</param>
sealed class Folder(bool isInMemory = false) : IDisposable
{
    const string Memory = "/dev/shm";

    public string Path { get; } = isInMemory && Directory.Exists(Memory)
        ? Directory.CreateDirectory($"{Memory}/ratchet-test-{Guid.NewGuid():n}").FullName
        : Directory.CreateTempSubdirectory("ratchet-test-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    /// <summary>Writes a file, with the directories above it.</summary>
    public string Write(string relative, string content)
    {
        var path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Copies a directory of this folder under another name: the disk as a crash at this moment leaves it.</summary>
    public string Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(this[from], "*", SearchOption.AllDirectories))
        {
            var target = System.IO.Path.Combine(this[to], System.IO.Path.GetRelativePath(this[from], file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return this[to];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
