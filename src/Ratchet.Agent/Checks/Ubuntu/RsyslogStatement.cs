namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>Where a statement of rsyslog's configuration stands.</summary>
/// <param name="Filters">What a message must pass on the way to it, outermost first: <c>*.*</c>, <c>:msg, contains, "x"</c>, <c>if …</c>, <c>else</c>.</param>
/// <param name="IsElsewhere">In the block of a ruleset: no message comes to it unless something names the ruleset.</param>
sealed record RsyslogScope(IReadOnlyList<string> Filters, bool IsElsewhere)
{
    public static RsyslogScope Top { get; } = new([], IsElsewhere: false);

    public RsyslogScope Within(RsyslogScope outer) => new([.. outer.Filters, .. Filters], outer.IsElsewhere || IsElsewhere);
}

/// <summary>One statement of rsyslog's configuration.</summary>
/// <param name="Object">In small letters: <c>action</c>; also <c>stop</c> and <c>call</c>; null for a <c>$</c> directive or an action of the old form.</param>
/// <param name="Text">The parameters of the object; of the old form, the directive or the action.</param>
/// <param name="Line">Where it begins, from 1.</param>
sealed record RsyslogStatement(string? Object, string Text, RsyslogScope Scope, int Line)
{
    /// <summary>A parameter's value, its name in small letters, with its marks where they are <c>`</c>; null where it is not given.</summary>
    public string? Value(string name)
    {
        for (int at = 0, start = 0; Next(at, '=', '"', '`') is { } next;)
        {
            if (Text[next] != '=')
            {
                // One more value of a list.
                at = start = RsyslogScript.EndOfQuoted(Text, next);
                continue;
            }
            if (Next(next, '"', '`') is not { } open) return null;
            var end = RsyslogScript.EndOfQuoted(Text, open);
            if (Text.AsSpan(start, next - start).Trim(" \t\n,[]").Equals(name, StringComparison.OrdinalIgnoreCase)) return Text[open] == '"' ? Text[(open + 1)..(end - 1)] : Text[open..end];
            at = start = end;
        }
        return null;
    }

    int? Next(int at, params ReadOnlySpan<char> marks) => Text.AsSpan(at).IndexOfAny(marks) is >= 0 and var found ? at + found : null;

    /// <exception cref="FormatException">An object, a condition or a comment has no end.</exception>
    public static IReadOnlyList<RsyslogStatement> Split(string text, string path) => new RsyslogScript(text, path).Read();
}
