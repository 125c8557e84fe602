using System.Text;
using System.Xml;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>An element of an answer of the EC2 API: names without their namespace, texts without the blanks around them.</summary>
sealed class Ec2Answer(string name)
{
    const int ElementLimit = 50_000, DepthLimit = 32;

    readonly StringBuilder text = new();

    public string Name { get; } = name;

    public string Text => text.ToString().Trim();

    public List<Ec2Answer> Children { get; } = [];

    /// <summary>The first child of that name.</summary>
    public Ec2Answer? this[string child] => Children.Find(element => element.Name == child);

    /// <summary>The text of the first child of that name; null where it is missing or empty.</summary>
    public string? Value(string child) => this[child]?.Text is { Length: > 0 } found ? found : null;

    /// <summary>The items of a set: an empty one is <c>&lt;groups/&gt;</c> or missing.</summary>
    public IEnumerable<Ec2Answer> Items(string set) => this[set]?.Children.Where(child => child.Name == "item") ?? [];

    /// <summary>The same of a set that is always there, empty or not: without it nobody has answered.</summary>
    /// <exception cref="FormatException">It is missing.</exception>
    public IEnumerable<Ec2Answer> NeededItems(string set) => this[set] is null ? throw new FormatException($"the EC2 API's answer has no {set}") : Items(set);

    /// <exception cref="FormatException">It is not well-formed, has a DTD, or is larger than an answer is.</exception>
    public static Ec2Answer Parse(byte[] bytes)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(bytes), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true });
            return Read(reader);
        }
        catch (XmlException e)
        {
            throw new FormatException("the EC2 API's answer is not well-formed XML", e);
        }
    }

    /// <summary>The code of an error answer, wherever it stands in it; null where there is none.</summary>
    public string? ErrorCode => Name == "Error" ? Value("Code") : Children.Select(child => child.ErrorCode).FirstOrDefault(code => code is not null);

    static Ec2Answer Read(XmlReader reader)
    {
        var (open, count, root) = (new Stack<Ec2Answer>(), 0, (Ec2Answer?)null);
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.EndElement) open.Pop();
            else if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA) open.Peek().text.Append(reader.Value);
            if (reader.NodeType != XmlNodeType.Element) continue;
            if (++count > ElementLimit || open.Count > DepthLimit) throw new FormatException("the EC2 API's answer has more elements than an answer has");
            var element = new Ec2Answer(reader.LocalName);
            if (open.TryPeek(out var parent)) parent.Children.Add(element);
            root ??= element;
            if (!reader.IsEmptyElement) open.Push(element);
        }
        return root ?? throw new FormatException("the EC2 API's answer is empty");
    }
}
