using System.Xml;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>What the constraints of a web.xml ask of the transport.</summary>
static class Constraints
{
    const int EntityLimit = 1 << 20;

    // An old web.xml names its grammar.
    static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Parse, XmlResolver = new NoEntities(), MaxCharactersFromEntities = EntityLimit, IgnoreComments = true };

    /// <summary>A security-constraint for <c>/*</c> without named methods whose transport-guarantee is CONFIDENTIAL.</summary>
    /// <exception cref="FormatException">It is not well-formed, or has entities without end or in other files; never a piece of its content.</exception>
    public static bool AskForTls(string webXml, string path) => Read(webXml, path).Any(constraint => constraint is { All: true, Confidential: true, NamesMethods: false });

    /// <summary>A security-constraint that leaves a URL or method in clear, where it is the one that counts.</summary>
    /// <inheritdoc cref="AskForTls"/>
    public static bool MayExempt(string webXml, string path)
    {
        // An entity may hold a constraint, and most applications have neither.
        if (!webXml.Contains("security-constraint", StringComparison.Ordinal) && !webXml.Contains("<!ENTITY", StringComparison.Ordinal) && !webXml.Contains('\0', StringComparison.Ordinal)) return false;
        return Read(webXml, path).Any(constraint => !constraint.Confidential || constraint.NamesMethods);
    }

    /// <param name="All">It is for every URL.</param>
    sealed record Constraint(bool All, bool Confidential, bool NamesMethods);

    static List<Constraint> Read(string webXml, string path)
    {
        var found = new List<Constraint>();
        try
        {
            using var reader = XmlReader.Create(new StringReader(webXml), Settings);
            var (open, inside) = (new Constraint(false, false, false), "");
            while (reader.Read())
            {
                if (reader.NodeType == XmlNodeType.Element) inside = reader.LocalName;
                if (reader.NodeType == XmlNodeType.Element && inside == "security-constraint")
                {
                    open = new Constraint(false, false, false);
                    if (reader.IsEmptyElement) found.Add(open);
                }
                if (reader.NodeType == XmlNodeType.Element && inside is "http-method" or "http-method-omission") open = open with { NamesMethods = true };
                if (reader.NodeType == XmlNodeType.Text && inside == "url-pattern" && reader.Value.Trim() == "/*") open = open with { All = true };
                if (reader.NodeType == XmlNodeType.Text && inside == "transport-guarantee" && reader.Value.Trim() == "CONFIDENTIAL") open = open with { Confidential = true };
                if (reader.NodeType == XmlNodeType.EndElement && reader.LocalName == "security-constraint") found.Add(open);
            }
        }
        catch (XmlException e)
        {
            throw new FormatException($"{path}: {XmlElement.Line(e)}is not well-formed XML, or has entities that are not followed", null);
        }
        return found;
    }

    /// <summary>The grammar is not read, and what another file holds is not left out in silence.</summary>
    sealed class NoEntities : XmlResolver
    {
        public override object GetEntity(Uri absoluteUri, string? role, Type? ofObjectToReturn) =>
            absoluteUri.AbsolutePath.EndsWith(".dtd", StringComparison.Ordinal) ? Stream.Null : throw new XmlException("an entity names another file");
    }
}
