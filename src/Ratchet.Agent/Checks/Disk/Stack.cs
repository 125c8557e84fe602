using System.Text;

namespace Ratchet.Agent.Checks.Disk;

/// <summary>
/// Draws layers: <c>/srv ext4 → LV data/pg → LUKS2 aes-xts-plain64 512 bit argon2id → md0 raid1 → nvme1n1 (vol-0abc…), nvme2n1 (vol-0def…)</c>.
/// </summary>
static class Stack
{
    // Layers are shared: drawn as a tree they could be endless.
    const int LengthLimit = 900, PathLimit = 50;

    public static string Draw(Layer layer)
    {
        var text = new StringBuilder();
        Draw(layer, text);
        return text.Length > LengthLimit ? text.ToString(0, LengthLimit) + "…" : text.ToString();
    }

    /// <summary>Each way down to a disk, at most so many.</summary>
    public static IReadOnlyList<string> Paths(Layer layer)
    {
        var paths = new List<string>();
        Collect(layer, "", paths);
        return paths;
    }

    static void Draw(Layer layer, StringBuilder text)
    {
        if (text.Length > LengthLimit) return;
        text.Append(layer.Label);
        if (layer.Below.Count == 0) return;
        text.Append(" → ");
        var isList = layer.Below.Count > 1 && layer.Below.Any(below => below.Below.Count > 0);
        if (isList) text.Append('[');
        for (var i = 0; i < layer.Below.Count; i++)
        {
            if (i > 0) text.Append(isList ? " | " : ", ");
            Draw(layer.Below[i], text);
        }
        if (isList) text.Append(']');
    }

    static void Collect(Layer layer, string above, List<string> paths)
    {
        if (paths.Count >= PathLimit) return;
        var path = above.Length == 0 ? layer.Label : $"{above} → {layer.Label}";
        if (layer.Below.Count == 0) paths.Add(path);
        foreach (var below in layer.Below) Collect(below, path, paths);
    }
}
