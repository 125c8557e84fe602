namespace Ratchet.Agent.Checks.Salt;

/// <summary>What one job of a minion returned, as far as a highstate is concerned.</summary>
/// <param name="Function"><c>state.highstate</c>; null where it does not say.</param>
/// <param name="IsHighstate">All states that the master has for the host were asked for, without leaving out any.</param>
/// <param name="IsTest">It only said what it would do.</param>
/// <param name="States">How many states it names; null where it did not come as far as states.</param>
/// <param name="Changed">States that changed something.</param>
/// <param name="Failed">Ids of states that failed.</param>
/// <param name="Pending">Ids of states that would change something (test).</param>
sealed record SaltReturn(string? Function, bool IsHighstate, bool IsTest, int? States, int Changed, IReadOnlyList<string> Failed, IReadOnlyList<string> Pending)
{
    /// <exception cref="FormatException">It is no return of a job.</exception>
    public static SaltReturn Parse(ReadOnlySpan<byte> data)
    {
        var pack = new MessagePack(data);
        if (pack.TryMap() is not { } count) throw new FormatException("not a job's return");
        var (found, arguments) = (new SaltReturn(null, false, false, null, 0, [], []), new Arguments(false, false));
        for (var i = 0; i < count; i++)
            switch (pack.Text())
            {
                case "fun":
                    found = found with { Function = pack.Text() };
                    break;
                case "fun_args":
                    arguments = Arguments.Read(ref pack);
                    break;
                case "return":
                    found = WithStates(found, ref pack);
                    break;
                default:
                    pack.Skip();
                    break;
            }
        if (!pack.IsAtEnd) throw new FormatException("more behind a job's return");
        return found with { IsHighstate = found.Function is ("state.highstate" or "state.apply") && !arguments.IsPartial, IsTest = arguments.IsTest };
    }

    /// <summary>
    /// A map of states: <c>MODULE_|-ID_|-NAME_|-FUNCTION</c> to result (true, false, or nothing for "would change"), changes, comment.
    /// A list of texts in its place is why nothing was rendered.
    /// </summary>
    static SaltReturn WithStates(SaltReturn found, ref MessagePack pack)
    {
        if (pack.TryMap() is not { } count)
        {
            pack.Skip();
            return found;
        }
        var (changed, failed, pending) = (0, new List<string>(), new List<string>());
        for (var i = 0; i < count; i++)
        {
            var id = Id(pack.Text());
            if (pack.TryMap() is not { } fields) throw new FormatException("a state without result");
            bool? result = null;
            for (var field = 0; field < fields; field++)
                switch (pack.Text())
                {
                    case "result":
                        result = pack.Truth();
                        break;
                    case "changes":
                        if (pack.TryMap() is not { } changes) pack.Skip();
                        else
                        {
                            if (changes > 0) changed++;
                            for (var change = 0; change < 2 * changes; change++) pack.Skip();
                        }
                        break;
                    default:
                        pack.Skip();
                        break;
                }
            if (result is null) pending.Add(id);
            else if (result is false) failed.Add(id);
        }
        return found with { States = count, Changed = changed, Failed = failed, Pending = pending };
    }

    /// <summary>The id alone: names may hold what a state writes.</summary>
    static string Id(string? key) => key?.Split("_|-") is [var module, var id, ..] ? $"{module}: {id}" : throw new FormatException("a state without id");

    /// <summary>What a job was given: texts, <c>test=True</c> among them from salt-call, or a map with <c>__kwarg__</c> from a master.</summary>
    readonly record struct Arguments(bool IsTest, bool IsPartial)
    {
        // These change what runs, not which states.
        static readonly string[] Harmless = ["queue", "concurrent", "state_events", "state_verbose", "__kwarg__", "metadata", "force", "terse"];

        public static Arguments Read(ref MessagePack pack)
        {
            var found = new Arguments(false, false);
            if (pack.TryList() is not { } count)
            {
                pack.Skip();
                return found;
            }
            for (var i = 0; i < count; i++)
            {
                if (pack.TryMap() is { } entries)
                {
                    for (var entry = 0; entry < entries; entry++)
                    {
                        var name = pack.Text();
                        if (name == "test") found = found with { IsTest = found.IsTest || pack.Truth() != false };
                        else
                        {
                            if (!Harmless.Contains(name)) found = found with { IsPartial = true };
                            pack.Skip();
                        }
                    }
                }
                else found = found.With(pack.Text() ?? "");
            }
            return found;
        }

        Arguments With(string word) => word.Split('=', 2) is [var name, var value]
            ? name == "test" ? this with { IsTest = value is not ("False" or "false") } : Harmless.Contains(name) ? this : this with { IsPartial = true }
            : this with { IsPartial = true };
    }
}
