
namespace Ratchet.Agent.Tests.Hosts;

/// <summary>Files of the repository that tests compare with, and rewrite where UPDATE_GOLDEN=1.</summary>
static class Repository
{
    public static string Root { get; } = FindRoot();

    public static bool IsUpdate => Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";

    /// <summary>Holds a text against a golden file.</summary>
    public static void AssertGolden(string file, string actual)
    {
        if (IsUpdate) File.WriteAllText(file, actual);
        Assert.True(File.Exists(file), $"{file} is missing; UPDATE_GOLDEN=1 writes it");
        Assert.Equal(File.ReadAllText(file), actual);
    }

    static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Ratchet.Agent.sln"))) directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("not in the repository");
        return directory;
    }
}
