using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>What server.xml, the files that it takes in, and catalina.properties say.</summary>
/// <param name="Server">The root element.</param>
/// <param name="Properties">Those of catalina.properties.</param>
/// <param name="Files">Every file that was read.</param>
sealed record ServerConfig(XmlElement Server, Placeholders Placeholders, IReadOnlyDictionary<string, string> Properties, IReadOnlyList<string> Files)
{
    const int NameLimit = 255, ElementLimit = 1000;

    public IEnumerable<XmlElement> Connectors => Server.Named("Service").SelectMany(service => service.Named("Connector"));

    public IEnumerable<XmlElement> Engines => Server.Named("Service").SelectMany(service => service.Named("Engine"));

    /// <exception cref="FormatException">A file is malformed, or not Tomcat's.</exception>
    /// <exception cref="IOException">A file is missing or unreadable.</exception>
    public static ServerConfig Read(Machine machine, Instance instance)
    {
        var files = new List<string>();
        var root = XmlElement.Read(machine, instance.ConfigFile, files) ?? throw new IOException($"{instance.ConfigFile} is missing");
        if (root.Name != "Server") throw new FormatException($"{instance.ConfigFile}: the root element is not Server");
        // Each of them becomes findings.
        if (root.Below("Connector").Concat(root.Below("Host")).Concat(root.Below("Realm")).Concat(root.Below("Context")).Take(ElementLimit + 1).Count() > ElementLimit)
            throw new FormatException($"{instance.ConfigFile}: has more connectors, hosts, realms and contexts than a Tomcat has");
        var properties = $"{instance.Base}/conf/catalina.properties";
        if (instance.Process?.Property("catalina.config") is not null) throw new FormatException("catalina.config names another catalina.properties, which is not looked at");
        var text = machine.ReadText(properties, 1 << 20);
        if (text is not null) files.Add(properties);
        var parsed = JavaProperties.Parse(text ?? "");
        return new ServerConfig(root, new Placeholders(parsed, instance.Process, instance.Base!, instance.Home), parsed, files);
    }

    /// <summary>An attribute with its ${…} resolved, or null where it is not set.</summary>
    /// <exception cref="FormatException">It cannot be resolved.</exception>
    public string? Get(XmlElement element, string attribute) => element[attribute] is { } text ? Placeholders.Resolve(text) : null;

    /// <summary>As java.lang.Boolean reads it: true in any case, and anything else is false.</summary>
    public bool Is(XmlElement element, string attribute, bool otherwise) =>
        Get(element, attribute) is { } text ? text.Equals("true", StringComparison.OrdinalIgnoreCase) : otherwise;

    /// <summary>Of an Engine or a Host, which becomes a part of subjects and of paths.</summary>
    /// <exception cref="FormatException">It cannot be resolved, or is longer than the name of a host or of a file.</exception>
    public string Name(XmlElement element) =>
        (Get(element, "name") ?? "?") is { Length: <= NameLimit } name ? name : throw new FormatException($"the name of {(element.Name == "Host" ? "a Host" : "an Engine")} is longer than {NameLimit} characters");
}
