namespace Ratchet.Agent.Checks.Sshd;

/// <summary>The command line of an sshd, cut into its options.</summary>
/// <param name="Options">Letter and argument, in order; flags have an empty argument.</param>
sealed record DaemonArguments(IReadOnlyList<(char Letter, string Value)> Options)
{
    const string Flags = "46DdeGiqrRtTV";
    const string WithArgument = "C:E:b:c:f:g:h:k:o:p:u:";

    public static DaemonArguments None { get; } = new([]);

    public string? ConfigFile => Options.LastOrDefault(option => option.Letter == 'f') is { Value: { } file } ? file : null;

    /// <summary>The options that decide the settings: without those that say how to run.</summary>
    public IEnumerable<string> ForTest(string configFile)
    {
        yield return "-T";
        if (ConfigFile is not null) foreach (var word in new[] { "-f", configFile }) yield return word;
        foreach (var (letter, value) in Options)
            if (letter is '4' or '6') yield return $"-{letter}";
            else if (letter is 'o' or 'p' or 'h' or 'c' or 'u') foreach (var word in new[] { $"-{letter}", value }) yield return word;
    }

    /// <summary>The settings of <c>-o</c>, keywords in lower case; sshd takes them before those of the file.</summary>
    public IEnumerable<(string Keyword, string Value)> Settings() => Options.Where(option => option.Letter == 'o')
        .Select(option => ArgumentLine.Split(option.Value)).OfType<(string, string)>();

    /// <summary>Cuts an exact argument list, as getopt(3) does.</summary>
    /// <exception cref="FormatException">sshd would not accept it.</exception>
    public static DaemonArguments Parse(IReadOnlyList<string> words) => Parse(words, spaces: false);

    /// <summary>
    /// Cuts a process title, in which one space stands between arguments and perhaps also inside them: a value of
    /// <c>-o</c> goes on up to the next word that can be an option.
    /// </summary>
    /// <exception cref="FormatException">The title can be cut in more than one way, or in none.</exception>
    public static DaemonArguments ParseTitle(string arguments) =>
        arguments.Length == 0 ? None : Parse(arguments.Split(' '), spaces: true);

    static DaemonArguments Parse(IReadOnlyList<string> words, bool spaces)
    {
        var options = new List<(char, string)>();
        for (var i = 0; i < words.Count; i++)
        {
            if (!IsOption(words[i])) throw new FormatException($"the argument '{words[i]}' belongs to no option");
            for (var j = 1; j < words[i].Length; j++)
            {
                var letter = words[i][j];
                if (Flags.Contains(letter, StringComparison.Ordinal))
                {
                    options.Add((letter, ""));
                    continue;
                }
                var value = j + 1 < words[i].Length ? words[i][(j + 1)..]
                    : ++i < words.Count ? words[i] : throw new FormatException($"option -{letter} has no argument");
                if (spaces && value.Length == 0) throw new FormatException("an argument is empty or begins with a space");
                while (spaces && letter == 'o' && i + 1 < words.Count && !IsOption(words[i + 1])) value += " " + words[++i];
                options.Add((letter, value));
                break;
            }
        }
        return new DaemonArguments(options);
    }

    static bool IsOption(string word) => word.Length > 1 && word[0] == '-' &&
        (Flags.Contains(word[1], StringComparison.Ordinal) || (word[1] != ':' && WithArgument.Contains(word[1], StringComparison.Ordinal)));

    /// <summary>Equal where the same options stand in the same order.</summary>
    public bool SameAs(DaemonArguments other) => Options.SequenceEqual(other.Options);
}
