namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>What server.xml says of its virtual hosts: automatic deployment, error pages, access logs.</summary>
static class HostVerdicts
{
    const string ErrorValve = "org.apache.catalina.valves.ErrorReportValve", JsonValve = "org.apache.catalina.valves.JsonErrorReportValve";

    public static IEnumerable<Finding> Judge(TomcatLook look) =>
    [
        .. Each(look, TomcatRules.AutoDeployOff, AutoDeploy),
        .. Each(look, TomcatRules.VersionHidden, Version),
        .. Each(look, TomcatRules.AccessLogged, AccessLog),
    ];

    static IEnumerable<Finding> Each(TomcatLook look, Rule rule, Func<TomcatLook, ServerConfig, XmlElement, XmlElement, string, Finding> judge) => look.Judge(rule, config =>
    {
        var hosts = config.Engines.SelectMany(engine => engine.Named("Host").Select(host => judge(look, config, engine, host, $"{look.Instance.Subject} host {config.Name(host)}"))).ToArray();
        return hosts.Length > 0 ? Alike.Merge(hosts) : [Finding.NotApplicable(rule, look.Instance.Subject, "it has no virtual host")];
    });

    static Finding AutoDeploy(TomcatLook look, ServerConfig config, XmlElement engine, XmlElement host, string subject)
    {
        var rule = TomcatRules.AutoDeployOff;
        var evidence = new Evidence { { "autoDeploy", host["autoDeploy"] is null ? "not set (true)" : config.Is(host, "autoDeploy", true) ? "true" : "false" }, { "appBase", config.Get(host, "appBase") ?? "webapps" } };
        return config.Is(host, "autoDeploy", otherwise: true) ? Finding.Fail(rule, subject, $"what is put into {config.Get(host, "appBase") ?? "webapps"} is deployed by itself{(host["autoDeploy"] is null ? ": autoDeploy is not set, and on by default" : "")}", evidence)
            : Finding.Pass(rule, subject, "nothing is deployed while it runs", evidence);
    }

    static Finding Version(TomcatLook look, ServerConfig config, XmlElement engine, XmlElement host, string subject)
    {
        var rule = TomcatRules.VersionHidden;
        if (config.Connectors.Any(connector => config.Is(connector, "xpoweredBy", otherwise: false))) return Finding.Fail(rule, subject, "a connector has xpoweredBy=\"true\": each answer tells the version");
        if (ServerInfo.HidesVersion(look.Files, look.Instance)) return Finding.Pass(rule, subject, "the version that Tomcat tells is overridden by a ServerInfo.properties");
        var named = config.Get(host, "errorReportValveClass") ?? ErrorValve;
        var valve = host.Named("Valve").FirstOrDefault(valve => valve.ClassName == named);
        // It prints a document without the name of the server. Merely nested, it does not keep Tomcat from adding an ErrorReportValve.
        if (named == JsonValve) return Finding.Pass(rule, subject, "error pages are JSON documents without a version");
        if (named != ErrorValve) return Finding.Unknown(rule, subject, $"error pages come from {named}, which is not Tomcat's own");
        return valve is null ? Finding.Fail(rule, subject, "error pages tell the version: there is no ErrorReportValve with showServerInfo=\"false\"")
            : config.Is(valve, "showServerInfo", otherwise: true) ? Finding.Fail(rule, subject, "error pages tell the version: the ErrorReportValve does not set showServerInfo=\"false\"")
            : Finding.Pass(rule, subject, config.Is(valve, "showReport", otherwise: true) ? "error pages tell no version, though they show stack traces" : "error pages tell neither version nor stack traces");
    }

    static Finding AccessLog(TomcatLook look, ServerConfig config, XmlElement engine, XmlElement host, string subject)
    {
        var rule = TomcatRules.AccessLogged;
        var valves = engine.Named("Valve").Concat(host.Named("Valve")).Where(IsLog).ToList();
        var context = XmlElement.Read(look.Files, $"{look.Instance.Base}/conf/context.xml", []);
        valves.AddRange((context?.Named("Valve") ?? []).Where(IsLog));
        var enabled = valves.Where(valve => config.Is(valve, "enabled", otherwise: true)).ToArray();
        if (enabled.Length == 0) return Finding.Fail(rule, subject, valves.Count > 0 ? "its AccessLogValve is switched off" : "requests are not logged: there is no AccessLogValve");
        var whole = enabled.FirstOrDefault(valve => valve["condition"] is null && valve["conditionUnless"] is null && valve["conditionIf"] is null);
        if (whole is null) return Finding.Unknown(rule, subject, "requests are logged under a condition that the applications set");
        var evidence = new Evidence { { "directory", config.Get(whole, "directory") ?? "logs" } };
        return Obstacle(look, config.Get(whole, "prefix") ?? "access_log") is { } obstacle ? Finding.Unknown(rule, subject, $"it has an AccessLogValve, {obstacle}", evidence) : Finding.Pass(rule, subject, "requests are logged", evidence);
    }

    /// <summary>Why a running valve may log nothing: it opens its file at its start and keeps it open, and where it cannot Tomcat runs on.</summary>
    static string? Obstacle(TomcatLook look, string prefix)
    {
        if (look.Instance.Process is not { } process) return null;
        var quiet = look.Machine.Unwatched();
        var open = (quiet.List($"/proc/{process.Pid}/fd") ?? []).Take(TomcatVersion.DescriptorLimit).Select(name => quiet.ReadLink($"/proc/{process.Pid}/fd/{name}")).OfType<string>()
            .Where(link => Path.GetFileName(link).StartsWith(prefix, StringComparison.Ordinal)).ToArray();
        return open.Length == 0 ? $"and no file open whose name begins with {prefix}: see whether its directory can be written"
            : open.All(link => link.EndsWith(" (deleted)", StringComparison.Ordinal)) ? "and what it writes to was removed: the log is lost until the next rotation" : null;
    }

    static bool IsLog(XmlElement valve) => valve.ClassName.EndsWith("AccessLogValve", StringComparison.Ordinal);
}
