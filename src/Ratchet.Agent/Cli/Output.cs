using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks;
using Spectre.Console;

namespace Ratchet.Agent.Cli;

/// <summary>Data on standard output: JSON, and tables for people.</summary>
static class Output
{
    const int CellLimit = 1024;

    static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    /// <summary>One document, indented.</summary>
    public static void Json(JsonNode document, TextWriter? output = null) => Write(document, Indented, output ?? Console.Out);

    /// <summary>One document on one line.</summary>
    public static void JsonLine(JsonNode document) => Write(document, Compact, Console.Out);

    /// <summary>A table without lines around it. Cells are plain text, made printable; the first column may carry a colour.</summary>
    public static void Table(IReadOnlyList<string> columns, IEnumerable<(string? Colour, string[] Cells)> rows, TextWriter? output = null)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)) { NoWrap = column != columns[^1] });
        foreach (var (colour, cells) in rows)
            table.AddRow(cells.Select((cell, i) => new Markup(i == 0 && colour is not null ? $"[{colour}]{Text(cell)}[/]" : Text(cell))));
        NewConsole(output ?? Console.Out).Write(table);
    }

    static string Text(string cell) => Markup.Escape(Printable.Clean(cell, CellLimit));

    static IAnsiConsole NewConsole(TextWriter output)
    {
        var isTerminal = output == Console.Out && !Console.IsOutputRedirected;
        var isPlain = !isTerminal || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isPlain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        // A pipe has no width to wrap at.
        if (!isTerminal) console.Profile.Width = 10_000;
        return console;
    }

    static void Write(JsonNode document, JsonWriterOptions options, TextWriter output)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, options)) document.WriteTo(writer);
        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }
}
