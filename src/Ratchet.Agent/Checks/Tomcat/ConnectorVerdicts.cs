using System.Globalization;
using System.Net;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>What goes in and out of a Tomcat: HTTP connectors, AJP, the shutdown port.</summary>
static class ConnectorVerdicts
{
    public static IEnumerable<Finding> Judge(TomcatLook look) =>
    [
        .. look.Judge(TomcatRules.ConnectorsEncrypted, config => Each(look, config, TomcatRules.ConnectorsEncrypted, isAjp: false, connector => Http(look, connector), "it has no HTTP connector").Concat(Unwritten(look, config))),
        .. look.Judge(TomcatRules.AjpProtected, config => Each(look, config, TomcatRules.AjpProtected, isAjp: true, connector => Ajp(look, config, connector), "it has no AJP connector")),
        .. look.Judge(TomcatRules.ShutdownClosed, config => [Shutdown(look, config)]),
    ];

    /// <summary>A connector that cannot be read is unknown by itself: it does not hide the others.</summary>
    static IEnumerable<Finding> Each(TomcatLook look, ServerConfig config, Rule rule, bool isAjp, Func<Connector, Finding> judge, string none)
    {
        var (findings, number) = (new List<Finding>(), 0);
        foreach (var element in config.Connectors)
        {
            number++;
            try
            {
                if (Connector.Read(config, element) is var connector && connector.IsAjp == isAjp && connector.Port >= 0) findings.Add(judge(connector));
            }
            catch (Exception e) when (e is IOException or FormatException)
            {
                findings.Add(Finding.Unknown(rule, $"{look.Instance.Subject} connector {number}", e.Message));
            }
        }
        return findings.Count > 0 ? Alike.Merge(findings) : [Finding.NotApplicable(rule, look.Instance.Subject, none)];
    }

    /// <summary>
    /// Plain connectors that run and are not in the file (an application or JMX adds such): by their threads, of which those that are bound
    /// to an address show no port.
    /// </summary>
    static IEnumerable<Finding> Unwritten(TomcatLook look, ServerConfig config)
    {
        var running = (look.Instance.Process?.Threads ?? new HashSet<string>()).Where(EmbeddedVerdicts.IsPlain).Select(EmbeddedVerdicts.PortOf).OfType<int>().Distinct().Order().ToArray();
        var written = running.Length == 0 ? [] : config.Connectors.Select(element => Written(config, element)).ToArray();
        // One that cannot be read may be any of them, and is unknown already.
        return written.Contains(null) ? [] : running.Where(port => !written.Contains(port)).Select(port => Finding.Unknown(TomcatRules.ConnectorsEncrypted, $"{look.Instance.Subject} http port {port.ToString(CultureInfo.InvariantCulture)}",
            $"a plain connector runs on port {port.ToString(CultureInfo.InvariantCulture)}, and server.xml has none there", new Evidence { { "port", port } }));
    }

    static int? Written(ServerConfig config, XmlElement element)
    {
        try
        {
            return Connector.Read(config, element).Port;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    static Finding Http(TomcatLook look, Connector connector)
    {
        var (rule, subject) = (TomcatRules.ConnectorsEncrypted, $"{look.Instance.Subject} {connector.Label}");
        var (reach, doubt) = Actual(look, connector);
        var evidence = new Evidence { { "port", connector.Port }, { "reach", reach?.ToString().ToLowerInvariant() }, { "tls", connector.IsTls }, { "scheme", look.Config!.Get(connector.Element, "scheme") } };
        if (connector.IsTls && doubt is null && look.Instance.Process is { } process && !process.HasThread("https-")) doubt = "server.xml says TLS, and no thread of a TLS connector runs";
        if (doubt is not null) return Finding.Unknown(rule, subject, doubt, evidence);
        return connector.IsTls ? Finding.Pass(rule, subject, "it speaks TLS", evidence)
            : reach == Reach.Loopback ? Finding.Pass(rule, subject, "it speaks plain HTTP to this host alone", evidence)
            : !Redirects.AskedForAll(look, connector) ? Finding.Fail(rule, subject, "it speaks plain HTTP, and can be reached from outside", evidence)
            : Redirects.Exception(look, look.Config) is { } exception ? Finding.Unknown(rule, subject, $"conf/web.xml redirects requests to TLS, and whether all of them is not certain: {exception}", evidence)
            : Finding.Pass(rule, subject, "it redirects every request to TLS", evidence);
    }

    /// <summary>How far a connector can be reached: the wider of what the file says and where the process listens.</summary>
    static (Reach? Reach, string? Doubt) Actual(TomcatLook look, Connector connector)
    {
        var said = connector.Reach;
        if (look.Listeners is not { } listeners || connector.Port == 0) return (said, null);
        var found = listeners.Where(listener => listener.Port == connector.Port).ToArray();
        if (found.Length == 0) return (said, $"server.xml has a connector on port {connector.Port}, and the process does not listen there");
        var seen = found.Max(listener => Listener.ReachOf(listener.Address));
        return (said is null || seen > said ? seen : said, null);
    }

    static Finding Ajp(TomcatLook look, ServerConfig config, Connector connector)
    {
        var (rule, subject) = (TomcatRules.AjpProtected, $"{look.Instance.Subject} {connector.Label}");
        var (reach, doubt) = Actual(look, connector);
        var isSafeByDefault = look.Version?.HasSafeAjp;
        reach ??= isSafeByDefault switch { true => Reach.Loopback, false => Reach.Any, _ => null };
        var hasSecret = (config.Get(connector.Element, "secret") ?? config.Get(connector.Element, "requiredSecret")) is { Length: > 0 };
        bool? required = connector.Element["secretRequired"] is null ? isSafeByDefault : config.Is(connector.Element, "secretRequired", true);
        var evidence = new Evidence { { "port", connector.Port }, { "reach", reach?.ToString().ToLowerInvariant() }, { "secret_set", hasSecret }, { "secret_required", required } };
        if (doubt is not null) return Finding.Unknown(rule, subject, doubt, evidence);
        // A secret that is set is asked for, also where it is not required.
        if (hasSecret) return Finding.Pass(rule, subject, "AJP asks for a secret", evidence);
        if (reach == Reach.Loopback) return Finding.Pass(rule, subject, "AJP takes connections of this host alone", evidence);
        if (reach is null) return Finding.Unknown(rule, subject, "AJP has no secret, and where it is bound depends on the version, which is not known", evidence);
        return Finding.Fail(rule, subject, required == true ? "AJP can be reached from outside and has no secret: the port is bound, and serves nobody until somebody sets secretRequired=\"false\"" : "AJP can be reached from outside and asks for no secret", evidence);
    }

    static Finding Shutdown(TomcatLook look, ServerConfig config)
    {
        var (rule, subject) = (TomcatRules.ShutdownClosed, look.Instance.Subject);
        var port = Connector.Number(config.Get(config.Server, "port") ?? "8005", "the port of the Server element");
        if (port < 0) return Finding.Pass(rule, subject, "there is no shutdown port");
        if (port > 0) port += Connector.Number(config.Get(config.Server, "portOffset") ?? "0", "portOffset");
        var address = Connector.AddressOf(config.Get(config.Server, "address"), isAjp: true) ?? IPAddress.Loopback;
        var (reach, isDefault) = (Listener.ReachOf(address), config.Get(config.Server, "shutdown") is null or "SHUTDOWN");
        var evidence = new Evidence { { "port", port }, { "reach", reach.ToString().ToLowerInvariant() }, { "default_word", isDefault } };
        if (look.Listeners is { } listeners && !listeners.Any(listener => listener.Port == port)) return Finding.Unknown(rule, subject, $"server.xml has a shutdown port ({port}), and the process does not listen there", evidence);
        return reach != Reach.Loopback ? Finding.Fail(rule, subject, $"the shutdown port {port} can be reached from outside", evidence)
            : isDefault ? Finding.Fail(rule, subject, $"the shutdown port {port} is open, and its word is the one that everybody knows", evidence)
            : Finding.Pass(rule, subject, $"the shutdown port {port} is open to this host alone, with a word of its own", evidence);
    }
}
