namespace Ratchet.Agent.Records;

/// <summary>
/// Tells whether a name stands twice in an object of JSON, also in objects within objects. It keeps 64 bits of each name (FNV-1a):
/// equal names never pass; different ones that collide are refused.
/// </summary>
sealed class DistinctNames
{
    /// <summary>Up to here each is held against each; beyond they are sorted.</summary>
    const int Few = 16;

    ulong[] names = new ulong[128];
    readonly Stack<int> starts = new();
    int count;

    public void Clear()
    {
        starts.Clear();
        count = 0;
    }

    /// <summary>An object begins.</summary>
    public void Open() => starts.Push(count);

    public void Add(ReadOnlySpan<byte> name)
    {
        var hash = 14695981039346656037;
        foreach (var b in name) hash = (hash ^ b) * 1099511628211;
        if (count == names.Length) Array.Resize(ref names, 2 * count);
        names[count++] = hash;
    }

    /// <summary>The object that began last ends.</summary>
    public bool AreDistinct()
    {
        var start = starts.Pop();
        var here = names.AsSpan(start, count - start);
        count = start;
        if (here.Length > Few)
        {
            here.Sort();
            for (var i = 1; i < here.Length; i++)
                if (here[i] == here[i - 1]) return false;
            return true;
        }
        for (var i = 1; i < here.Length; i++)
            if (here[..i].Contains(here[i])) return false;
        return true;
    }
}
