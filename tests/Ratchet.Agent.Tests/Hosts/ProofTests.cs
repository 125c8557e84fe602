using System.Diagnostics;
using Ratchet.Agent.Records;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Hosts;

/// <summary>The commands of the section on proof in docs/records.md, as they stand there, over a record of the agent.</summary>
public sealed class ProofTests : IDisposable
{
    static readonly (List<string> Records, PublicKey Key) Web = Ledgers.NewChain("web01", 3), Pg = Ledgers.NewChain("pg01", 1);

    readonly Folder folder = new();

    public ProofTests()
    {
        folder.Write("keys.json", Ledgers.JwkSetOf(Pg.Key, Web.Key));
        folder.Write("record", Web.Records[1] + "\n");
    }

    public void Dispose() => folder.Dispose();

    [NeedsProgramFact("/usr/bin/openssl")]
    public void Openssl_alone_verifies_a_record()
    {
        var result = Run(0);
        Assert.True(result is (0, _), result.Output);
        Assert.EndsWith("Verified OK\n", result.Output, StringComparison.Ordinal);

        Tamper();
        Assert.NotEqual(0, Run(0).ExitCode);
    }

    [NeedsJwcryptoFact]
    public void A_JOSE_library_verifies_a_record()
    {
        var result = Run(1);
        Assert.True(result is (0, _), result.Output);
        Assert.Equal(Jws.Parse(Web.Records[1], out _)!.Payload, System.Text.Encoding.UTF8.GetBytes(result.Output.TrimEnd('\n')));

        Tamper();
        Assert.NotEqual(0, Run(1).ExitCode);
    }

    [Fact]
    public void The_command_for_the_hash_gives_what_the_next_record_names()
    {
        var command = Section.Split('`').Single(code => code.StartsWith("tr -d", StringComparison.Ordinal));
        Assert.Equal(Ledgers.ClaimsOf(Web.Records[2]).Previous.ToString() + "\n", Bash(command).Output);
    }

    /// <summary>Another verdict, still JSON.</summary>
    void Tamper()
    {
        var parts = Web.Records[1].Split('.');
        parts[1] = System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(Jws.Parse(Web.Records[1], out _)!.Payload).Replace("success", "succesS", StringComparison.Ordinal)));
        folder.Write("record", string.Join('.', parts) + "\n");
    }

    (int ExitCode, string Output) Run(int block) => Bash(Blocks[block]);

    (int ExitCode, string Output) Bash(string script)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-euo", "pipefail", "-c", script]) { WorkingDirectory = folder.Path, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    static string Section
    {
        get
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, "docs/records.md"));
            var start = text.IndexOf("\n## Proof\n", StringComparison.Ordinal);
            return text[start..];
        }
    }

    /// <summary>The fenced blocks of the section, in order.</summary>
    static string[] Blocks => [.. Section.Split("```bash\n")[1..].Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)])];
}

/// <summary>A test that runs Debian's python3-jwcrypto.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NeedsJwcryptoFactAttribute : FactAttribute
{
    public NeedsJwcryptoFactAttribute()
    {
        if (!Directory.Exists("/usr/lib/python3/dist-packages/jwcrypto")) Skip = "needs python3-jwcrypto";
    }
}
