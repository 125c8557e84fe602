using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>An application that a virtual host deploys.</summary>
/// <param name="Name">Its path as Tomcat writes it in names of files: <c>a#b</c>, and ROOT for none.</param>
/// <param name="DocBase">Where it lies: a directory, or an archive.</param>
/// <param name="Descriptor">Its context file, which stands in the place of META-INF/context.xml.</param>
/// <param name="Context">Its element in server.xml.</param>
sealed record Application(string Name, string DocBase, string? Descriptor, XmlElement? Context)
{
    const int Limit = 1 << 20;

    /// <summary>The file that configures it, where server.xml does not.</summary>
    public string ContextFile => Descriptor ?? $"{DocBase}/META-INF/context.xml";

    /// <summary>A file of it as text, or null where it has none of that name.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">Its archive cannot be looked into.</exception>
    public string? Read(Machine files, string name)
    {
        if (!Applications.IsArchive(DocBase) || files.Status(DocBase) is { Kind: FileKind.Directory }) return files.ReadText($"{DocBase}/{name}", Limit);
        using var archive = JarFile.Open(files, DocBase);
        return archive?.Read(name);
    }

    /// <summary>Its Context element, or null where it has none.</summary>
    /// <inheritdoc cref="Read"/>
    public XmlElement? ReadContext(Machine files) =>
        Context ?? (Descriptor is not null ? XmlElement.Read(files, Descriptor, [])
            : Read(files, "META-INF/context.xml") is { } text ? XmlElement.Parse(files, System.Text.Encoding.UTF8.GetBytes(text), ContextFile, []) : null);
}

/// <summary>What a virtual host deploys: contexts of server.xml, descriptors, what lies in its directory.</summary>
static class Applications
{
    public static bool IsArchive(string path) => path.EndsWith(".war", StringComparison.OrdinalIgnoreCase);

    /// <summary>The directory of a host's descriptors.</summary>
    public static string Descriptors(TomcatLook look, ServerConfig config, XmlElement engine, XmlElement host) =>
        Path.Combine(look.Instance.Base!, config.Get(host, "xmlBase") ?? $"conf/{config.Name(engine)}/{config.Name(host)}");

    /// <summary>Names of the descriptors in their directory.</summary>
    public static IEnumerable<string> DescriptorNames(TomcatLook look, string directory) =>
        (look.Files.List(directory) ?? []).Where(file => file.EndsWith(".xml", StringComparison.OrdinalIgnoreCase));

    /// <exception cref="FormatException">A value or a descriptor cannot be resolved.</exception>
    /// <exception cref="IOException">A directory or descriptor cannot be read.</exception>
    public static IReadOnlyCollection<Application> Of(TomcatLook look, ServerConfig config, XmlElement engine, XmlElement host)
    {
        var root = Path.Combine(look.Instance.Base!, config.Get(host, "appBase") ?? "webapps");
        var found = new Dictionary<string, Application>();
        // What comes first wins, as in Tomcat.
        foreach (var application in Written(look, config, host, root).Concat(Described(look, config, Descriptors(look, config, engine, host), root)).Concat(Dropped(look, config, host, root)))
            found.TryAdd(application.Name, application);
        return found.Values;
    }

    static IEnumerable<Application> Written(TomcatLook look, ServerConfig config, XmlElement host, string root)
    {
        foreach (var context in host.Named("Context"))
        {
            var name = (config.Get(context, "path") ?? "").Trim('/').Replace('/', '#') is { Length: > 0 } path ? path : "ROOT";
            yield return new Application(name, Place(look, root, config.Get(context, "docBase") ?? name), null, context);
        }
    }

    static IEnumerable<Application> Described(TomcatLook look, ServerConfig config, string descriptors, string root)
    {
        foreach (var file in DescriptorNames(look, descriptors))
        {
            var (name, path) = (file[..^4], $"{descriptors}/{file}");
            var docBase = XmlElement.Read(look.Files, path, []) is { } context ? config.Get(context, "docBase") : null;
            yield return new Application(name, Place(look, root, docBase ?? name), path, null);
        }
    }

    /// <summary>Where a directory and an archive have one name, the directory is the unpacked archive, unless archives are run as they are.</summary>
    static IEnumerable<Application> Dropped(TomcatLook look, ServerConfig config, XmlElement host, string root)
    {
        var unpacks = config.Is(host, "unpackWARs", otherwise: true);
        return (look.Files.Unwatched().List(root) ?? []).OrderBy(name => IsArchive(name) == unpacks).Select(name => new Application(IsArchive(name) ? name[..^4] : name, $"{root}/{name}", null, null));
    }

    /// <summary>Where there is no directory of a docBase, its archive is taken.</summary>
    static string Place(TomcatLook look, string root, string docBase)
    {
        var path = Path.Combine(root, docBase);
        return look.Files.Status(path) is null && look.Files.Status(path + ".war") is not null ? path + ".war" : path;
    }
}
