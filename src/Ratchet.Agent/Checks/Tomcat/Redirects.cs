namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// Whether a Tomcat sends every request over to TLS: conf/web.xml, which counts for every application, asks for CONFIDENTIAL transport
/// of every URL and method, and no application takes a URL out. Of constraints that fit a URL, that of the longest pattern counts alone.
/// </summary>
static class Redirects
{
    const int Limit = 1 << 20;

    // Attributes of a Context that name another web.xml.
    static readonly string[] OtherFiles = ["altDDName", "defaultWebXml"];

    /// <summary>What conf/web.xml asks for.</summary>
    public static bool AskedForAll(TomcatLook look, Connector connector)
    {
        if (look.Config!.Get(connector.Element, "redirectPort") is not { } port || Connector.Number(port, "redirectPort") <= 0) return false;
        // Tomcat's own web.xml has 4,000 elements and no constraint: it need not be parsed.
        return look.Files.ReadText(Common(look), Limit) is { } text && text.Contains("CONFIDENTIAL", StringComparison.Ordinal) && Constraints.AskForTls(text, Common(look));
    }

    /// <summary>Why a request may be answered in clear all the same, or null.</summary>
    public static string? Exception(TomcatLook look, ServerConfig config)
    {
        try
        {
            return OfFile(look, Common(look))
                ?? config.Engines.SelectMany(engine => engine.Named("Host").Select(host => OfHost(look, config, engine, host))).FirstOrDefault(reason => reason is not null);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return e.Message;
        }
    }

    static string Common(TomcatLook look) => $"{look.Instance.Base}/conf/web.xml";

    static string? OfHost(TomcatLook look, ServerConfig config, XmlElement engine, XmlElement host) =>
        OfFile(look, $"{Applications.Descriptors(look, config, engine, host)}/web.xml.default")
            ?? Applications.Of(look, config, engine, host).Select(application => OfApplication(look, application)).FirstOrDefault(reason => reason is not null);

    static string? OfApplication(TomcatLook look, Application application)
    {
        if (application.ReadContext(look.Files) is { } context && OtherFiles.FirstOrDefault(name => context[name] is not null) is { } other)
            return $"/{application.Name.Replace('#', '/')} has another web.xml ({other}), which is not looked at";
        return OfText(application.Read(look.Files.Unwatched(), "WEB-INF/web.xml"), $"{application.DocBase}/WEB-INF/web.xml");
    }

    static string? OfFile(TomcatLook look, string path) => OfText(look.Files.ReadText(path, Limit), path);

    static string? OfText(string? text, string path) =>
        text is not null && Constraints.MayExempt(text, path) ? $"{path} has a constraint of its own, which need not ask for TLS" : null;
}
