namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// Whether the manager applications are deployed, under whatever name, and who may come to them. Files decide: from this host a
/// request always comes from an address that is allowed.
/// </summary>
static class ManagerVerdict
{
    const string Servlets = "org.apache.catalina.manager.";

    public static IEnumerable<Finding> Judge(TomcatLook look) => look.Judge(TomcatRules.ManagerRestricted, config =>
    {
        var findings = new List<Finding>();
        foreach (var engine in config.Engines)
            foreach (var host in engine.Named("Host"))
                foreach (var application in Deployed(look, config, engine, host))
                    if (Judge(look, config, engine, host, application) is { } finding) findings.Add(finding);
        return findings.Count > 0 ? Alike.Merge(findings) : [Finding.Pass(TomcatRules.ManagerRestricted, look.Instance.Subject, "no manager application is deployed")];
    });

    /// <param name="DocBase">Where the application lies.</param>
    /// <param name="Descriptor">Its context file, which stands in the place of META-INF/context.xml.</param>
    /// <param name="Context">Its element in server.xml.</param>
    sealed record Application(string Path, string DocBase, string? Descriptor, XmlElement? Context);

    static IEnumerable<Application> Deployed(TomcatLook look, ServerConfig config, XmlElement engine, XmlElement host)
    {
        var quiet = look.Files.Unwatched();
        var root = Path.Combine(look.Instance.Base!, config.Get(host, "appBase") ?? "webapps");
        var found = new Dictionary<string, Application>();
        foreach (var context in host.Named("Context"))
            Add(new Application((config.Get(context, "path") ?? "").TrimStart('/'), Path.Combine(root, config.Get(context, "docBase") ?? ""), null, context));
        var descriptors = $"{look.Instance.Base}/conf/{config.Name(engine)}/{config.Name(host)}";
        foreach (var file in look.Files.List(descriptors) ?? [])
            if (file.EndsWith(".xml", StringComparison.Ordinal) && file != "context.xml.default" && file[..^4] is var name)
                Add(new Application(name, Path.Combine(root, XmlElement.Read(look.Files, $"{descriptors}/{file}", []) is { } context && config.Get(context, "docBase") is { } place ? place : name), $"{descriptors}/{file}", null));
        foreach (var name in quiet.List(root) ?? []) Add(new Application(name.EndsWith(".war", StringComparison.Ordinal) ? name[..^4] : name, $"{root}/{name}", null, null));
        return found.Values;

        // What comes first wins, as in Tomcat: server.xml, descriptors, directories before archives.
        void Add(Application application) => found.TryAdd(application.Path, application);
    }

    static Finding? Judge(TomcatLook look, ServerConfig config, XmlElement engine, XmlElement host, Application application)
    {
        var (rule, subject) = (TomcatRules.ManagerRestricted, $"{look.Instance.Subject} /{application.Path.Replace('#', '/')}");
        if (application.DocBase.EndsWith(".war", StringComparison.Ordinal))
            return application.Path is "manager" or "host-manager" ? Finding.Unknown(rule, subject, $"{application.DocBase} is an archive that is not unpacked, which is not looked into") : null;
        if (look.Files.Unwatched().ReadText($"{application.DocBase}/WEB-INF/web.xml", 1 << 20)?.Contains(Servlets, StringComparison.Ordinal) != true) return null;
        var inner = application.Descriptor ?? $"{application.DocBase}/META-INF/context.xml";
        var valves = new[] { engine, host, application.Context, application.Context is null ? XmlElement.Read(look.Files, inner, []) : null, XmlElement.Read(look.Files, $"{look.Instance.Base}/conf/context.xml", []) }
            .OfType<XmlElement>().SelectMany(element => element.Named("Valve")).Select(valve => AddressValve.Restricts(valve, config.Get)).ToArray();
        var evidence = new Evidence { { "docBase", application.DocBase }, { "context", application.Context is null ? inner : look.Instance.ConfigFile } };
        return valves.Contains(true) ? Finding.Pass(rule, subject, "it is deployed, and a valve keeps it to named addresses", evidence)
            : valves.Contains(null) ? Finding.Unknown(rule, subject, "it is deployed, and whom its address valve lets in is not certain", evidence)
            : Finding.Fail(rule, subject, $"it is deployed from {application.DocBase}, and no valve keeps it to named addresses", evidence);
    }
}
