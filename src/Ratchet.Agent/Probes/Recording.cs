using System.Globalization;
using System.Text;

namespace Ratchet.Agent.Probes;

/// <summary>
/// A recorded machine: a directory that holds <c>root/</c> (its files), <c>commands.txt</c> (what its commands answered), and
/// where they matter <c>listing.txt</c> (owners, modes and times) and <c>now.txt</c> (when it was recorded, RFC 3339).
/// </summary>
/// <remarks>
/// commands.txt, a block for each command:
/// <code>
/// $ /usr/sbin/sshd -T          program and arguments, separated by one space; one with a space in it in single quotes
/// > port 22                    a line of its output
/// ! a warning                  a line of its standard error
/// = 255                        its exit code, where that is not 0
/// </code>
/// A request over HTTP stands there too: <c>$ PUT http://169.254.169.254/latest/api/token X-aws-ec2-metadata-token-ttl-seconds</c>
/// (<see cref="WebRequest.Line"/>), with the status, where that is not 200, in place of the exit code.
/// listing.txt, a line for each file: <c>MODE OWNER:GROUP SIZE MTIME PATH</c>, with an octal mode, numbers or the names of the
/// recorded /etc/passwd and /etc/group, and an RFC 3339 time. Lines that start with <c>#</c> are comments.
/// </remarks>
static class Recording
{
    /// <summary>Opens a recorded machine, or a plain directory tree where there is no <c>commands.txt</c> beside a <c>root/</c>.</summary>
    /// <exception cref="FormatException">A file of the recording is malformed; the message names file and line.</exception>
    public static Machine Open(string directory)
    {
        var files = new Machine(directory, RunNothing);
        if (files.Status("/root") is null || files.ReadText("/commands.txt") is not { } commands) return files;
        var root = Path.Combine(directory, "root");
        var clock = files.ReadText("/now.txt") is { } now ? new FixedClock(ParseTime(now.Trim(), "now.txt", 1)) : TimeProvider.System;
        var listing = files.ReadText("/listing.txt") is { } lines ? ParseListing(lines, new Machine(root, RunNothing)) : null;
        var answers = ParseCommands(commands);
        return new Machine(root, Answer, clock, listing, AnswerWeb);

        Task<CommandResult> Answer(string program, IReadOnlyList<string> arguments, CancellationToken cancel)
        {
            var line = CommandLine(program, arguments);
            return answers.TryGetValue(line, out var result)
                ? Task.FromResult(result)
                : throw new CommandException($"{program}: the recording has no answer to: {line}");
        }

        Task<WebAnswer> AnswerWeb(WebRequest request, CancellationToken cancel) => answers.TryGetValue(request.Line, out var result)
            ? Task.FromResult(new WebAnswer(result.ExitCode == 0 ? 200 : result.ExitCode, Encoding.UTF8.GetBytes(result.Output)))
            : throw new IOException($"the recording has no answer to: {request.Line}");
    }

    /// <summary>The form in which a command stands in commands.txt.</summary>
    public static string CommandLine(string program, IEnumerable<string> arguments) =>
        string.Join(' ', arguments.Prepend(program).Select(word => word.Length == 0 || word.Contains(' ', StringComparison.Ordinal) ? $"'{word}'" : word));

    static Task<CommandResult> RunNothing(string program, IReadOnlyList<string> arguments, CancellationToken cancel) =>
        throw new CommandException($"{program}: commands are not run for a directory tree");

    static Dictionary<string, CommandResult> ParseCommands(string text)
    {
        var answers = new Dictionary<string, CommandResult>();
        var (command, number) = ("", 0);
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.Length == 0) continue;
            var rest = line.Length > 2 ? line[2..] : "";
            if (line[0] == '$') answers[command = rest] = new CommandResult(0, "", "");
            else if (!answers.TryGetValue(command, out var answer)) throw Malformed("commands.txt", number, "expected '$ COMMAND' first");
            else answers[command] = line[0] switch
            {
                '>' => answer with { Output = answer.Output + rest + "\n" },
                '!' => answer with { Error = answer.Error + rest + "\n" },
                '=' when int.TryParse(rest, CultureInfo.InvariantCulture, out var code) => answer with { ExitCode = code },
                '=' => throw Malformed("commands.txt", number, $"not an exit code: {rest}"),
                _ => throw Malformed("commands.txt", number, "expected $, >, ! or = at the start of the line"),
            };
        }
        return answers;
    }

    static Dictionary<string, FileStatus> ParseListing(string text, Machine host)
    {
        var users = Ids(host.ReadText("/etc/passwd"));
        var groups = Ids(host.ReadText("/etc/group"));
        var listing = new Dictionary<string, FileStatus>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] == '#') continue;
            var fields = line.Split(' ', 5);
            if (fields.Length < 5 || fields[1].Split(':') is not [var owner, var group]) throw Malformed("listing.txt", number, "expected MODE OWNER:GROUP SIZE MTIME PATH");
            var time = ParseTime(fields[3], "listing.txt", number);
            var kind = host.Status(fields[4], follow: false)?.Kind ?? FileKind.Regular;
            if (!long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var size)) throw Malformed("listing.txt", number, $"not a size: {fields[2]}");
            listing[fields[4]] = new FileStatus(kind, ParseMode(fields[0], number), Id(users, owner, number), Id(groups, group, number), size, time, time, 0);
        }
        return listing;
    }

    static uint Id(Dictionary<string, uint> ids, string name, int line) =>
        uint.TryParse(name, out var number) || ids.TryGetValue(name, out number) ? number : throw Malformed("listing.txt", line, $"no account or group {name} in the recording");

    /// <summary>Names and numbers of a file in the form of passwd(5) or group(5).</summary>
    static Dictionary<string, uint> Ids(string? file)
    {
        var ids = new Dictionary<string, uint> { ["root"] = 0 };
        foreach (var line in (file ?? "").Split('\n'))
            if (line.Split(':') is [var name, _, var id, ..] && uint.TryParse(id, out var number)) ids[name] = number;
        return ids;
    }

    static int ParseMode(string text, int line) =>
        text.Length is > 0 and <= 5 && text.All(digit => digit is >= '0' and <= '7') ? Convert.ToInt32(text, 8) : throw Malformed("listing.txt", line, $"not an octal mode: {text}");

    static DateTimeOffset ParseTime(string text, string file, int line) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Malformed(file, line, $"not an RFC 3339 time: {text}");

    static FormatException Malformed(string file, int line, string reason) => new($"{file}:{line}: {reason}");

    sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
