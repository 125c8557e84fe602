using System.Xml;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>An element of a configuration file, without texts and comments.</summary>
sealed record XmlElement(string Name, IReadOnlyDictionary<string, string> Attributes, List<XmlElement> Children)
{
    const int FileLimit = 1 << 20, ElementLimit = 50_000, DepthLimit = 100;

    /// <summary>An attribute as it is written; case counts, as it does for Tomcat.</summary>
    public string? this[string attribute] => Attributes.GetValueOrDefault(attribute);

    public string ClassName => this["className"] ?? "";

    public IEnumerable<XmlElement> Named(string name) => Children.Where(child => child.Name == name);

    /// <summary>All elements below of that name, in the file's order.</summary>
    public IEnumerable<XmlElement> Below(string name) => Children.SelectMany(child => child.Below(name).Prepend(child)).Where(child => child.Name == name);

    /// <summary>
    /// Reads a file as Tomcat does: comments are comments, and entities are resolved, also those that name another file.
    /// Null where there is no such file.
    /// </summary>
    /// <param name="files">Gets the paths of all files that were read.</param>
    /// <exception cref="FormatException">It is not well-formed, too large, or an entity cannot be resolved; never a piece of its content.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static XmlElement? Read(Machine machine, string path, ICollection<string> files)
    {
        if (machine.ReadBytes(path, FileLimit) is not { } bytes) return null;
        files.Add(path);
        return Parse(machine, bytes, path, files);
    }

    /// <inheritdoc cref="Read"/>
    /// <param name="path">What the text is called, and where its entities begin.</param>
    public static XmlElement Parse(Machine machine, byte[] bytes, string path, ICollection<string> files)
    {
        var entities = new FileEntities(machine, files);
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Parse, XmlResolver = entities, MaxCharactersFromEntities = FileLimit, MaxCharactersInDocument = 4 * FileLimit, IgnoreComments = true, IgnoreWhitespace = true,
        };
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(bytes), settings, new Uri("file://" + path).AbsoluteUri);
            return Build(reader, path);
        }
        catch (XmlException e)
        {
            // The message of the parser may quote the file.
            throw new FormatException(entities.Problem is { } problem ? $"{path}: {problem}" : $"{path}: {Line(e)}is not well-formed XML, or has entities without end", null);
        }
    }

    /// <summary>Where the parser stopped; limits have no line.</summary>
    public static string Line(XmlException stop) => stop.LineNumber > 0 ? $"line {stop.LineNumber} " : "";

    static XmlElement Build(XmlReader reader, string path)
    {
        var (open, count) = (new Stack<XmlElement>(), 0);
        XmlElement? root = null;
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.EndElement) open.Pop();
            if (reader.NodeType != XmlNodeType.Element) continue;
            if (++count > ElementLimit || open.Count > DepthLimit) throw new FormatException($"{path}: has more elements than a configuration file has");
            var isEmpty = reader.IsEmptyElement;
            var name = reader.LocalName;
            var attributes = new Dictionary<string, string>();
            while (reader.MoveToNextAttribute()) attributes[reader.Name] = reader.Value;
            var element = new XmlElement(name, attributes, []);
            if (open.TryPeek(out var parent)) parent.Children.Add(element);
            root ??= element;
            if (!isEmpty) open.Push(element);
        }
        return root ?? throw new FormatException($"{path}: has no element");
    }

    /// <summary>Entities that name a file of the host; anything else is no entity of a configuration that could be judged.</summary>
    sealed class FileEntities(Machine machine, ICollection<string> files) : XmlResolver
    {
        const int Limit = 20;
        int count;

        public string? Problem { get; private set; }

        public override object GetEntity(Uri absoluteUri, string? role, Type? ofObjectToReturn)
        {
            if (!absoluteUri.IsFile || absoluteUri.Host.Length > 0) throw Fail("an entity names something else than a file");
            if (++count > Limit) throw Fail("it takes more files than a configuration does");
            try
            {
                if (machine.ReadBytes(absoluteUri.LocalPath, FileLimit) is not { } bytes) throw Fail($"the entity {absoluteUri.LocalPath} is missing");
                files.Add(absoluteUri.LocalPath);
                return new MemoryStream(bytes);
            }
            catch (IOException e)
            {
                throw Fail($"an entity cannot be read: {e.Message}");
            }
        }

        XmlException Fail(string problem)
        {
            Problem = problem;
            return new XmlException(problem);
        }
    }
}
