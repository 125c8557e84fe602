using System.Xml;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>Whether a web.xml sends every request over to TLS.</summary>
static class Constraints
{
    const int EntityLimit = 1 << 20;

    // An old web.xml names its grammar.
    static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Parse, XmlResolver = new NoEntities(), MaxCharactersFromEntities = EntityLimit, IgnoreComments = true };

    /// <summary>A security-constraint for <c>/*</c> without named methods whose transport-guarantee is CONFIDENTIAL.</summary>
    /// <exception cref="FormatException">It is not well-formed, or has entities without end or in other files; never a piece of its content.</exception>
    public static bool AskForTls(string webXml, string path)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(webXml), Settings);
            var (all, named, confidential, inside) = (false, false, false, "");
            while (reader.Read())
            {
                if (reader.NodeType == XmlNodeType.Element) inside = reader.LocalName;
                if (reader.NodeType == XmlNodeType.Element && inside == "security-constraint") (all, named, confidential) = (false, false, false);
                if (reader.NodeType == XmlNodeType.Element && inside is "http-method" or "http-method-omission") named = true;
                if (reader.NodeType == XmlNodeType.Text && inside == "url-pattern" && reader.Value.Trim() == "/*") all = true;
                if (reader.NodeType == XmlNodeType.Text && inside == "transport-guarantee" && reader.Value.Trim() == "CONFIDENTIAL") confidential = true;
                if (reader.NodeType == XmlNodeType.EndElement && reader.LocalName == "security-constraint" && all && confidential && !named) return true;
            }
        }
        catch (XmlException e)
        {
            throw new FormatException($"{path}: {XmlElement.Line(e)}is not well-formed XML, or has entities that are not followed", null);
        }
        return false;
    }

    /// <summary>The grammar is not read, and what another file holds is not left out in silence.</summary>
    sealed class NoEntities : XmlResolver
    {
        public override object GetEntity(Uri absoluteUri, string? role, Type? ofObjectToReturn) =>
            absoluteUri.AbsolutePath.EndsWith(".dtd", StringComparison.Ordinal) ? Stream.Null : throw new XmlException("an entity names another file");
    }
}
