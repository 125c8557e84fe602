namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>Who is let in, from where and how, by pg_hba.conf.</summary>
sealed class HbaVerdicts(ClusterFacts facts)
{
    static readonly string[] Strong = ["scram-sha-256", "cert", "gss", "sspi", "peer", "oauth"];
    static readonly string[] Forwarding = ["ldap", "radius", "pam", "bsd"];
    static readonly string[] ByPassword = ["scram-sha-256", "md5", "password"];

    string Subject => facts.Cluster.Subject;

    HbaOrder Order => new(facts.Hba.Lines, facts.Own, HasOutsider());

    /// <summary>
    /// Whether some superuser, whose memberships are known, is in no group that the file names, and rejected by no line for his name.
    /// A role is in the group of its name.
    /// </summary>
    bool HasOutsider()
    {
        if (facts.Answer is not { } said) return false;
        var groups = facts.Hba.Lines.SelectMany(line => line.Users).Where(user => user.IsGroup).Select(user => user.Text[1..]).ToHashSet();
        var inside = said.Memberships.Where(membership => groups.Contains(membership.Group)).Select(membership => membership.Role);
        var rejected = facts.Hba.Lines.Where(line => line.Rejects).SelectMany(line => line.Users).Select(user => user.Text);
        var taken = inside.Concat(groups).Concat(rejected).ToHashSet();
        return said.Superusers.Exists(role => !taken.Contains(role));
    }

    string When => facts.Runs ? "" : " (it is stopped; judged as its next start takes the file)";

    public Finding Encrypted()
    {
        var rule = PostgresRules.HbaEncrypted;
        // What a forwarder passes on is let in by the lines for this host. A pooler's clients do not come by this file.
        var passed = facts.Runs && facts.Fronts.FirstOrDefault(front => !front.IsPooler) is { } forwarder
            ? Finding.Unknown(rule, Subject, $"clients of other hosts may come through {forwarder} as if they were of this one, by lines that are not held to be encrypted")
            : null;
        if (facts.RemoteDoors.Count == 0) return passed ?? Finding.NotApplicable(rule, Subject, "it listens on no address that another host can reach");
        if (facts.HbaDoubt() is { } doubt) return Finding.Unknown(rule, Subject, doubt);
        var open = Order.Reached(Wire.Plain).Where(match => match.IsRemote && !match.Line.Rejects).ToList();
        return open.Find(match => !match.IsUncertain) is { } first
            ? Finding.Fail(rule, Subject, $"{first.Line.Place} lets {Who(first)} in unencrypted{From(first)}{When}", Evidence(open))
            : open.Count > 0 ? Finding.Unknown(rule, Subject, $"{open[0].Line.Place} may let sessions in unencrypted: whether a line before it takes them, only the server can tell", Evidence(open))
            : passed ?? Finding.Pass(rule, Subject, $"no line lets a session in unencrypted from another host{When}", new Evidence { { "lines", facts.Hba.Lines.Count } });
    }

    public Finding IsStrong()
    {
        var rule = PostgresRules.HbaStrong;
        if (facts.HbaDoubt() is { } doubt) return Finding.Unknown(rule, Subject, doubt);
        var (faults, doubts) = (new List<(HbaMatch Match, string Fault)>(), new List<string>());
        foreach (var wire in new[] { Wire.Local, Wire.Plain, Wire.Tls, Wire.Gss })
            foreach (var match in Order.Reached(wire).Where(match => !match.Line.Rejects))
                if (FaultOf(match, wire) is { } fault)
                    if (match.IsUncertain) doubts.Add($"{match.Line.Place} may be of no effect behind a line that only the server can resolve");
                    else faults.Add((match, fault));
                else if (DoubtOf(match) is { } unknown) doubts.Add(unknown);
        if (faults.Count > 0) return Finding.Fail(rule, Subject, $"{faults[0].Match.Line.Place} {faults[0].Fault}{When}", Evidence([.. faults.Select(fault => fault.Match)]));
        return doubts.Count > 0 ? Finding.Unknown(rule, Subject, doubts[0])
            : Finding.Pass(rule, Subject, $"every line that lets somebody in asks for a strong proof{When}", new Evidence { { "lines", facts.Hba.Lines.Count } });
    }

    public Finding SuperusersLocal()
    {
        var rule = PostgresRules.SuperusersLocal;
        if (facts.RemoteDoors.Count == 0) return Behind(rule) ?? Finding.NotApplicable(rule, Subject, "it listens on no address that another host can reach");
        if (facts.HbaDoubt() is { } doubt) return Finding.Unknown(rule, Subject, doubt);
        if (!facts.Runs)
            return FromAfar(Order).Any()
                ? Finding.Unknown(rule, Subject, "it is stopped: who is a superuser is not known")
                : Finding.Pass(rule, Subject, $"no line lets anybody in from another host{When}");
        HbaMatch? uncertain = null;
        foreach (var name in facts.Said.Superusers)
        {
            var groups = facts.Said.Memberships.Where(membership => membership.Role == name).Select(membership => membership.Group).Append(name).ToHashSet();
            // Who has no password is refused by every method that asks for one.
            var entries = FromAfar(Order.For(name, groups)).Where(match => !(ByPassword.Contains(match.Line.Method) && facts.Said.Passwords.GetValueOrDefault(name) == "none")).ToList();
            if (entries.Find(match => !match.IsUncertain && !match.User.IsPattern) is { } entry)
                return Finding.Fail(rule, Subject, $"{entry.Line.Place} lets the superuser {name} in{From(entry)}", Evidence(entries));
            uncertain ??= entries.FirstOrDefault();
        }
        return uncertain is not null
            ? Finding.Unknown(rule, Subject, $"{uncertain.Line.Place} may let a superuser in from another host: whom its patterns mean, only the server can tell")
            : Behind(rule) ?? Finding.Pass(rule, Subject, "no superuser is let in from another host", new Evidence { { "superusers", facts.Said.Superusers } });
    }

    /// <summary>Whom a pooler lets in as whom stands in its own files.</summary>
    Finding? Behind(Rule rule) => facts.Runs && facts.Fronts is [var front, ..]
        ? Finding.Unknown(rule, Subject, $"clients of other hosts may come through {front} as if they were of this one, and whether one of them is a superuser is not known")
        : null;

    IEnumerable<HbaMatch> FromAfar(HbaOrder order)
    {
        var wires = facts.IsOn("ssl") ? new[] { Wire.Plain, Wire.Tls, Wire.Gss } : [Wire.Plain, Wire.Gss];
        return wires.SelectMany(order.Reached).Where(match => match.IsRemote && !match.Line.Rejects);
    }

    static string? FaultOf(HbaMatch match, Wire wire) => match.Line.Method switch
    {
        "trust" when !(match.Line.DemandsCertificate && wire == Wire.Tls) => $"lets {Who(match)} in without any proof{(wire == Wire.Local ? " over the socket" : From(match))}",
        "password" when match.IsRemote => $"has passwords sent readable{From(match)}",
        "ident" when match.IsRemote => $"believes the client's host who it is{From(match)}",
        var method when Forwarding.Contains(method) && match.IsRemote && wire == Wire.Plain => $"has passwords ({method}) sent in the clear{From(match)}",
        _ => null,
    };

    /// <summary>md5 means: md5, or SCRAM where the stored password is SCRAM's.</summary>
    string? DoubtOf(HbaMatch match)
    {
        var method = match.Line.Method;
        if (method != "md5")
            return IsKnown(method) ? null : $"{match.Line.Place} has a method that this agent does not know";
        if (facts.Answer is null) return $"{match.Line.Place} takes MD5 as well as SCRAM, and which passwords are stored as MD5 is not known";
        return facts.Answer.Passwords.Values.All(kind => kind is "scram" or "none") ? null : $"{match.Line.Place} takes MD5, and passwords are stored so (postgresql.passwords-scram)";
    }

    static string Who(HbaMatch match) => $"{(match.User.IsAll ? "everybody" : match.User)} into {(match.Database.IsAll ? "every database" : match.Database)}";

    static string From(HbaMatch match) => match.IsRemote ? $" from {match.Line.Address!.Text}" : " from the host itself";

    /// <summary>A word that this agent does not know may stand where a method should.</summary>
    static string MethodOf(HbaLine line) => IsKnown(line.Method) ? line.Method : "(unknown)";

    static bool IsKnown(string method) => Strong.Contains(method) || Forwarding.Contains(method) || method is "trust" or "password" or "ident" or "md5" or "reject";

    static Evidence Evidence(IReadOnlyList<HbaMatch> matches) => new()
    {
        { "lines", matches.Select(match => match.Line).DistinctBy(line => line.Place).Select(line => $"{line.Place}: {line.Type} {line.Address?.Text} {MethodOf(line)}") },
    };
}
