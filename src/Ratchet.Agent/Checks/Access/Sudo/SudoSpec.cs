namespace Ratchet.Agent.Checks.Access.Sudo;

/// <summary>A member of a list of users, hosts, accounts to run as, or commands; <c>!</c> before it takes out what it names.</summary>
readonly record struct SudoMember(string Text, bool IsNegated)
{
    /// <summary>Names of aliases are written in capitals, and ALL is none.</summary>
    public bool IsAlias => Text != "ALL" && Text.Length > 0 && char.IsAsciiLetterUpper(Text[0]) && Text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_');
}

/// <summary>A command of a privilege, with what was written before it or before an earlier one of the list.</summary>
/// <param name="RunAs">The accounts to run as; null: root.</param>
/// <param name="RunAsGroups">The groups to run as, or null.</param>
/// <param name="SetsEnvironment">SETENV; false: NOSETENV; null: as Defaults say.</param>
/// <param name="StartsNone">NOEXEC; false: EXEC; null: as Defaults say.</param>
/// <param name="NotAfter">As written, <c>20270101000000Z</c>; null: no end.</param>
sealed record SudoCommand(SudoMember Command, IReadOnlyList<SudoMember>? RunAs, IReadOnlyList<SudoMember>? RunAsGroups, bool NoPassword, bool? SetsEnvironment, bool? StartsNone, string? NotAfter);

/// <summary>One <c>USERS HOSTS = COMMANDS</c>.</summary>
sealed record SudoPrivilege(IReadOnlyList<SudoMember> Users, IReadOnlyList<SudoMember> Hosts, IReadOnlyList<SudoCommand> Commands, string File, int Line);

/// <summary>The grammar of one line (sudoers(5), SUDOERS FILE FORMAT).</summary>
static class SudoSpec
{
    static readonly string[] Tags =
    [
        "EXEC", "NOEXEC", "FOLLOW", "NOFOLLOW", "INTERCEPT", "NOINTERCEPT", "LOG_INPUT", "NOLOG_INPUT", "LOG_OUTPUT", "NOLOG_OUTPUT",
        "MAIL", "NOMAIL", "PASSWD", "NOPASSWD", "SETENV", "NOSETENV",
    ];

    static readonly string[] Options = ["ROLE", "TYPE", "APPARMOR_PROFILE", "PRIVS", "LIMITPRIVS", "NOTBEFORE", "NOTAFTER", "TIMEOUT", "CWD", "CHROOT"];

    static readonly string[] Digests = ["sha224", "sha256", "sha384", "sha512"];

    /// <summary><c>NAME = list : NAME = list</c></summary>
    /// <exception cref="FormatException">The line is not one that sudo accepts.</exception>
    public static IEnumerable<(string Name, IReadOnlyList<SudoMember> Members)> Aliases(SudoLine line, bool ofCommands)
    {
        do
        {
            var name = line.Word();
            if (!new SudoMember(name, false).IsAlias) throw new FormatException($"{name} is no name of an alias");
            line.Demand('=');
            yield return (name, List(line, ofCommands ? CommandText : one => one.Word()));
        }
        while (line.Take(':'));
        if (!line.IsAtEnd) throw new FormatException("unexpected text after an alias");
    }

    /// <summary><c>USERS HOSTS = COMMANDS : HOSTS = COMMANDS</c></summary>
    /// <inheritdoc cref="Aliases"/>
    public static IEnumerable<SudoPrivilege> Privileges(SudoLine line, string file, int number)
    {
        var users = List(line, one => one.Word());
        do
        {
            var hosts = List(line, one => one.Word());
            line.Demand('=');
            yield return new SudoPrivilege(users, hosts, Commands(line), file, number);
        }
        while (line.Take(':'));
        if (!line.IsAtEnd) throw new FormatException("unexpected text after the commands");
    }

    public static List<SudoMember> List(SudoLine line, Func<SudoLine, string> read)
    {
        var members = new List<SudoMember>();
        do members.Add(Member(line, read));
        while (line.Take(','));
        return members;
    }

    static SudoMember Member(SudoLine line, Func<SudoLine, string> read)
    {
        var negated = false;
        while (line.Take('!')) negated = !negated;
        return new SudoMember(read(line), negated);
    }

    static List<SudoCommand> Commands(SudoLine line)
    {
        var commands = new List<SudoCommand>();
        IReadOnlyList<SudoMember>? users = null, groups = null;
        var (noPassword, setsEnvironment, startsNone, notAfter) = (false, (bool?)null, (bool?)null, (string?)null);
        do
        {
            if (line.Take('('))
            {
                // Empty parentheses: as oneself.
                (users, groups) = (null, null);
                if (line.Take(')')) groups = [];
                else
                {
                    if (!line.Take(':')) users = List(line, one => one.Word());
                    if (users is null || line.Take(':')) groups = List(line, one => one.Word());
                    line.Demand(')');
                }
            }
            while (true)
            {
                if (line.TakeBefore(':', Tags.Contains) is { } tag)
                {
                    if (tag is "NOPASSWD" or "PASSWD") noPassword = tag == "NOPASSWD";
                    if (tag is "SETENV" or "NOSETENV") setsEnvironment = tag == "SETENV";
                    if (tag is "NOEXEC" or "EXEC") startsNone = tag == "NOEXEC";
                }
                else if (line.TakeBefore('=', Options.Contains) is { } option)
                {
                    var value = line.Word();
                    if (option == "NOTAFTER") notAfter = value;
                }
                else break;
            }
            commands.Add(new SudoCommand(Member(line, CommandText), users, groups, noPassword, setsEnvironment, startsNone, notAfter));
        }
        while (line.Take(','));
        return commands;
    }

    /// <summary>A digest before a command narrows it, and is left out.</summary>
    static string CommandText(SudoLine line)
    {
        while (line.TakeBefore(':', Digests.Contains) is not null)
        {
            DigestValue(line);
            line.Take(',');
        }
        var command = line.Command();
        return command is "ALL" or "list" or "sudoedit" or ['/' or '^', ..] || command.StartsWith("sudoedit ", StringComparison.Ordinal) || new SudoMember(command, false).IsAlias
            ? command : throw new FormatException(command.Length == 0 ? "a command is missing" : "a command has no absolute path");
    }

    /// <summary>Hexadecimal, or base64 that may end in equals signs.</summary>
    static void DigestValue(SudoLine line)
    {
        line.Word();
        while (line.Take('=')) { }
    }
}
