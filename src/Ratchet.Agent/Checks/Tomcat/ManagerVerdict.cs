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
                foreach (var application in Applications.Of(look, config, engine, host))
                    if (Judge(look, config, engine, host, application) is { } finding) findings.Add(finding);
        return findings.Count > 0 ? Alike.Merge(findings) : [Finding.Pass(TomcatRules.ManagerRestricted, look.Instance.Subject, "no manager application is deployed")];
    });

    /// <summary>Null for an application that is no manager.</summary>
    static Finding? Judge(TomcatLook look, ServerConfig config, XmlElement engine, XmlElement host, Application application)
    {
        var (rule, subject, quiet) = (TomcatRules.ManagerRestricted, $"{look.Instance.Subject} /{application.Name.Replace('#', '/')}", look.Files.Unwatched());
        try
        {
            if (application.Read(quiet, "WEB-INF/web.xml")?.Contains(Servlets, StringComparison.Ordinal) != true) return null;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return Finding.Unknown(rule, subject, $"whether it is a manager application cannot be seen: {e.Message}");
        }
        var valves = new[] { engine, host, application.ReadContext(look.Files), XmlElement.Read(look.Files, $"{look.Instance.Base}/conf/context.xml", []) }
            .OfType<XmlElement>().SelectMany(element => element.Named("Valve")).Select(valve => AddressValve.Restricts(valve, config.Get)).ToArray();
        var evidence = new Evidence { { "docBase", application.DocBase }, { "context", application.Context is null ? application.ContextFile : look.Instance.ConfigFile } };
        return valves.Contains(true) ? Finding.Pass(rule, subject, "it is deployed, and a valve keeps it to named addresses", evidence)
            : valves.Contains(null) ? Finding.Unknown(rule, subject, "it is deployed, and whom its address valve lets in is not certain", evidence)
            : Finding.Fail(rule, subject, $"it is deployed from {application.DocBase}, and no valve keeps it to named addresses", evidence);
    }
}
