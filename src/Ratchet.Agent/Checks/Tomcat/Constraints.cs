using System.Xml;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>Whether a web.xml sends every request over to TLS.</summary>
static class Constraints
{
    /// <summary>A security-constraint for <c>/*</c> without named methods whose transport-guarantee is CONFIDENTIAL.</summary>
    public static bool AskForTls(string webXml)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(webXml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true });
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
        catch (XmlException)
        {
            // What cannot be read promises nothing.
        }
        return false;
    }
}
