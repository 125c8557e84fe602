using System.Text;

namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>Comma-separated values (RFC 4180), as <c>psql --csv</c> writes them.</summary>
static class Csv
{
    /// <exception cref="FormatException">A quoted field is not closed, or something follows its end.</exception>
    public static List<string[]> Parse(string text)
    {
        var (rows, row, field) = (new List<string[]>(), new List<string>(), new StringBuilder());
        for (var i = 0; i < text.Length; i++)
        {
            field.Clear();
            if (text[i] == '"')
            {
                for (i++; ; i++)
                {
                    if (i >= text.Length) throw new FormatException("the answer of psql is cut short");
                    if (text[i] != '"') field.Append(text[i]);
                    else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
                    else break;
                }
                i++;
            }
            else for (; i < text.Length && text[i] is not (',' or '\n'); i++) field.Append(text[i]);
            row.Add(field.ToString());
            if (i >= text.Length) throw new FormatException("the answer of psql is cut short");
            if (text[i] == ',') continue;
            if (text[i] != '\n') throw new FormatException("the answer of psql is malformed");
            rows.Add([.. row]);
            row.Clear();
        }
        return row.Count == 0 ? rows : throw new FormatException("the answer of psql is cut short");
    }
}
