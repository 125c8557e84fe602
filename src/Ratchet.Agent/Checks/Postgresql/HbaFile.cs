using System.Text;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// pg_hba.conf with the files that it names. Read here and not from the view pg_hba_file_rules, which shows a quoted "all" like
/// the keyword, and passwords among its options.
/// </summary>
/// <param name="Lines">In the order in which the server tries them.</param>
/// <param name="Files">Every file that was read.</param>
sealed record HbaFile(IReadOnlyList<HbaLine> Lines, IReadOnlyList<string> Files)
{
    const int DepthLimit = 10;
    const int FileLimit = 2_000;
    const int NameLimit = 200_000;

    /// <summary>Of a database and a user: each is judged by itself.</summary>
    const int PairLimit = 100_000;

    /// <summary>Of all files together.</summary>
    const int LengthLimit = 4 * Machine.FileLimit;

    const int FirstWithContinuation = 14;
    const int FirstWithIncludes = 16;

    /// <param name="machine">Reading as the account of the cluster, which names the files.</param>
    /// <param name="major">Version 14 brought lines that go on behind a backslash, version 16 the include directives.</param>
    /// <exception cref="IOException">A file is missing or unreadable.</exception>
    /// <exception cref="FormatException">A line that the server would refuse, or more than is judged; names file and line, and nothing that stands there.</exception>
    public static HbaFile Read(Machine machine, string path, int major)
    {
        var (lines, files) = (new List<HbaLine>(), new List<string>());
        new Reader(machine, major, lines, files).Include(path, optional: false, depth: 0);
        return new HbaFile(lines, files);
    }

    sealed class Reader(Machine machine, int major, List<HbaLine> lines, List<string> files)
    {
        int names, length;
        long pairs;

        public void Include(string path, bool optional, int depth)
        {
            if (Text(path, depth) is not { } text)
            {
                if (!optional) throw new IOException($"{path} is missing");
                return;
            }
            foreach (var (number, line) in Logical(text))
            {
                var place = $"{path}:{number}";
                var fields = Fields(line, path, depth);
                if (fields.Count == 0) continue;
                var directive = fields[0] is [{ Quoted: false } word] && major >= FirstWithIncludes && word.Text.StartsWith("include", StringComparison.Ordinal) ? word.Text : "";
                if (directive.Length == 0) Add(HbaLine.Parse(place, fields), place);
                else if (fields.Count != 2 || fields[1].Count != 1) throw new FormatException($"{place}: an include takes one path");
                else Follow(directive, Beside(path, fields[1][0].Text), place, depth + 1);
            }
        }

        void Follow(string directive, string target, string place, int depth)
        {
            if (directive is "include" or "include_if_exists") Include(target, optional: directive != "include", depth);
            else if (directive != "include_dir") throw new FormatException($"{place}: there is no such connection type");
            else
                foreach (var name in machine.List(target) ?? throw new IOException($"{target} is missing"))
                    if (name.EndsWith(".conf", StringComparison.Ordinal) && name[0] != '.') Include($"{target}/{name}", optional: false, depth);
        }

        void Add(HbaLine line, string place)
        {
            lines.Add(line);
            if ((pairs += (long)line.Databases.Count * line.Users.Count) > PairLimit) throw new FormatException($"{place}: there are more than {PairLimit} pairs of databases and users up to here");
        }

        string? Text(string path, int depth)
        {
            if (depth > DepthLimit || files.Count >= FileLimit) throw new FormatException($"{path}: too many files include one another");
            files.Add(path);
            var text = machine.ReadText(path);
            return (length += text?.Length ?? 0) <= LengthLimit ? text : throw new FormatException($"{path}: the files up to here have more than {LengthLimit} characters");
        }

        /// <summary>Lines without those that only go on; the number is that of the first part.</summary>
        IEnumerable<(int Number, string Line)> Logical(string text)
        {
            var (number, started, pending) = (0, 0, new StringBuilder());
            foreach (var raw in text.Split('\n'))
            {
                number++;
                if (pending.Length == 0) started = number;
                var line = raw.TrimEnd('\r');
                if (major >= FirstWithContinuation && line.EndsWith('\\'))
                {
                    pending.Append(line, 0, line.Length - 1);
                    continue;
                }
                yield return (started, pending.Append(line).ToString());
                pending.Clear();
            }
            if (pending.Length > 0) yield return (started, pending.ToString());
        }

        /// <summary>Fields stand between blanks, each a list between commas; @FILE stands for the words of a file.</summary>
        List<IReadOnlyList<HbaName>> Fields(string line, string path, int depth)
        {
            var fields = new List<IReadOnlyList<HbaName>>();
            var (at, goesOn) = (0, false);
            var field = new List<HbaName>();
            while (Word(line, ref at, out var comma, out var startsQuoted) is { } word)
            {
                if (++names > NameLimit) throw new IOException($"{path}: has more than {NameLimit} names");
                if (!startsQuoted && word.Text is ['@', _, ..]) field.AddRange(Listed(Beside(path, word.Text[1..]), depth + 1));
                else if (word.Text.Length > 0 || word.Quoted) field.Add(word);
                goesOn = comma;
                if (goesOn) continue;
                fields.Add(field);
                field = [];
            }
            if (field.Count > 0) fields.Add(field);
            return fields;
        }

        IEnumerable<HbaName> Listed(string path, int depth) =>
            (Text(path, depth) ?? throw new IOException($"{path} is missing")).Split('\n').SelectMany(line => Fields(line.TrimEnd('\r'), path, depth)).SelectMany(field => field);
    }

    /// <summary>The next word, in quotes or not; null at the end of the line or before a comment.</summary>
    static HbaName? Word(string line, ref int at, out bool comma, out bool startsQuoted)
    {
        (comma, startsQuoted) = (false, false);
        while (at < line.Length && IsGap(line[at])) at++;
        if (at >= line.Length || line[at] == '#') return null;
        var (word, inQuotes, wasQuote) = (new StringBuilder(), false, false);
        startsQuoted = line[at] == '"';
        for (; at < line.Length && (inQuotes || line[at] is not (' ' or '\t' or '\r')); at++)
        {
            var letter = line[at];
            if (letter == '#' && !inQuotes)
            {
                at = line.Length;
                break;
            }
            if (letter == ',' && !inQuotes)
            {
                comma = true;
                at++;
                break;
            }
            if (letter != '"' || wasQuote) word.Append(letter);
            // Two quotes within quotes are one.
            wasQuote = letter == '"' && inQuotes && !wasQuote;
            if (letter == '"') inQuotes = !inQuotes;
        }
        return new HbaName(word.ToString(), startsQuoted);
    }

    /// <summary>What next_token() of hba.c moves over before a word.</summary>
    static bool IsGap(char letter) => letter is ' ' or '\t' or '\r' or ',';

    static string Beside(string file, string path) => path.StartsWith('/') ? path : $"{Path.GetDirectoryName(file)}/{path}";
}
