using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Ratchet.Agent.Cli;

/// <summary>Data on standard output: JSON, and tables for people.</summary>
static class Output
{
    static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    /// <summary>One document, indented.</summary>
    public static void Json(JsonNode document) => Write(document, Indented);

    /// <summary>One document on one line.</summary>
    public static void JsonLine(JsonNode document) => Write(document, Compact);

    /// <summary>A table without lines around it. Cells are plain text; the first column may carry a colour.</summary>
    public static void Table(IReadOnlyList<string> columns, IEnumerable<(string? Colour, string[] Cells)> rows)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)) { NoWrap = column != columns[^1] });
        foreach (var (colour, cells) in rows)
            table.AddRow(cells.Select((cell, i) => new Markup(i == 0 && colour is not null ? $"[{colour}]{Markup.Escape(cell)}[/]" : Markup.Escape(cell))));
        NewConsole().Write(table);
    }

    static IAnsiConsole NewConsole()
    {
        var isPlain = Console.IsOutputRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Out),
            Ansi = isPlain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        // A pipe has no width to wrap at.
        if (Console.IsOutputRedirected) console.Profile.Width = 10_000;
        return console;
    }

    static void Write(JsonNode document, JsonWriterOptions options)
    {
        using var stream = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(stream, options)) document.WriteTo(writer);
        stream.WriteByte((byte)'\n');
    }
}
