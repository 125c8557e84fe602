using System.CommandLine;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Cli;

/// <summary><c>verify</c>: proves records, or names each that is forged, missing, forked or foreign.</summary>
static class VerifyVerb
{
    public static Verb Build()
    {
        var keys = new Option<string>("--keys") { Description = "the JWK Set of the hosts' public keys", HelpName = "JWKS", DefaultValueFactory = _ => "/etc/ratchet-agent/keys.json" };
        var window = new Option<bool>("--window") { Description = "the ends of a chain may be missing (an export of one month), the middle not" };
        var format = new Option<string>("--format") { Description = "text or json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var files = new Argument<string[]>("FILE") { Description = "a compact JWS per line, or JSON with a jws field, also gzip; any order, repeats allowed; - is standard input", Arity = ArgumentArity.OneOrMore };
        var verb = new Verb("verify", "check signatures, numbering and chain of records") { keys, window, format, files };
        verb.SetAction((arguments, cancel) => Setup.GuardAsync(() =>
        {
            using var verifier = new Verifier(ReadKeys(arguments.GetValue(keys)!));
            using (var verification = new Verification(verifier))
                foreach (var file in arguments.GetValue(files)!) ReadFile(verification, file, cancel);
            var report = verifier.Report(arguments.GetValue(window));
            if (arguments.GetValue(format) == "json") Output.Json(VerifyOutput.Json(report));
            else VerifyOutput.Text(report, Console.Out);
            return Task.FromResult(report.IsGood ? Exit.Good : Exit.Bad);
        }));
        return verb;
    }

    static KeySet ReadKeys(string path)
    {
        try
        {
            return KeySet.Parse(File.ReadAllText(path));
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    static void ReadFile(Verification verification, string file, CancellationToken cancel)
    {
        using var stream = file == "-" ? Console.OpenStandardInput() : new FileStream(file, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        try
        {
            verification.Read(stream, file, cancel);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{file}: {e.Message}; a part of it may have been read, nothing of it is proved", e);
        }
    }
}
