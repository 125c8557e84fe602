namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>
/// Where rsyslog takes messages from. With <c>SysSock.Use="off"</c> imuxsock reads no socket of the system, the one that systemd hands
/// over neither (its documentation, "Coexistence with systemd"; activateListeners in imuxsock.c).
/// </summary>
sealed class RsyslogInputs
{
    // They have the kernel's messages, and rsyslog's own.
    static readonly string[] WithoutLogins = ["imklog", "imkmsg", "immark", "impstats"];

    bool isSocketLoaded, isSocketOff, isSocketUnclear;
    bool isJournalLoaded;
    string? other;

    public void Load(RsyslogStatement module)
    {
        var name = Name(module.Value("load") ?? "");
        Load(name);
        if (name != "imuxsock") return;
        var use = module.Value("syssock.use");
        isSocketOff |= use == "off";
        isSocketUnclear |= use is not (null or "on" or "off") || module.Value("syssock.name") is not null;
    }

    /// <param name="type">Of an <c>input( )</c>, which may have a ruleset of its own.</param>
    public void Open(string type)
    {
        if (!WithoutLogins.Contains(type)) other ??= type;
    }

    /// <param name="name">In small letters.</param>
    public void TakeDirective(string name, string value)
    {
        if (name == "$modload") Load(Name(value));
        else if (name == "$omitlocallogging") (isSocketOff, isSocketUnclear) = (value == "on", isSocketUnclear || value is not ("on" or "off"));
        else if (name == "$systemlogsocketname") isSocketUnclear = true;
        else if (name == "$addunixlistensocket") other ??= "imuxsock";
    }

    /// <summary>Whether this host's logins come to rsyslog: null where that is not known, with the reason; the reason also where they do not.</summary>
    /// <param name="changed">A file of journald that is newer than the running journald; null: none is.</param>
    public (bool? Arrive, string? Why) Judge(JournalForward journal, string? changed)
    {
        var readsSocket = isSocketLoaded && !isSocketOff;
        if ((readsSocket || isJournalLoaded) && changed is not null) return (null, $"{changed} was changed since journald was started");
        if ((isJournalLoaded && journal.Stores) || (readsSocket && !isSocketUnclear && journal.Forwards == true)) return (true, null);
        if (other is not null) return (null, $"rsyslog takes messages by an input ({other}) that this agent does not judge");
        if (isSocketLoaded && isSocketUnclear) return (null, "rsyslog's imuxsock is set in a form that this agent does not judge");
        if (readsSocket && journal.Forwards is null) return (null, "whether journald passes messages on to rsyslog is not set (ForwardToSyslog), and its default in this release is not known");
        if (readsSocket) return (false, $"journald does not pass them on to rsyslog (ForwardToSyslog, MaxLevelSyslog: {journal.ForwardsBy})");
        return (false, isJournalLoaded ? "journald does not store them for rsyslog (Storage, MaxLevelStore)" : "rsyslog has no input that takes them (imuxsock or imjournal)");
    }

    void Load(string name)
    {
        if (name == "imuxsock") isSocketLoaded = true;
        else if (name == "imjournal") isJournalLoaded = true;
        else if (name.StartsWith("im", StringComparison.Ordinal) && !WithoutLogins.Contains(name)) other ??= name;
    }

    /// <summary><c>imuxsock</c> of <c>/usr/lib/rsyslog/imuxsock.so</c>.</summary>
    static string Name(string module)
    {
        var name = module[(module.LastIndexOf('/') + 1)..];
        return name.EndsWith(".so", StringComparison.Ordinal) ? name[..^3] : name;
    }
}
