namespace Ratchet.Agent.Probes;

/// <summary>
/// An account that names files to the agent, which may read more than it. Access lists (acl(5)) beyond the mode are not asked.
/// </summary>
sealed record FileReader(uint Uid, IReadOnlySet<uint> Groups)
{
    const int Owner = 6, Group = 3, Read = 4, Search = 1;

    public bool MayRead(FileStatus status) => May(status, Read);

    public bool MaySearch(FileStatus status) => May(status, Search);

    /// <summary>The first class that fits decides, as in the kernel. Root is nobody here: no file is read because root may.</summary>
    bool May(FileStatus status, int right) =>
        (status.Mode >> (status.Uid == Uid ? Owner : Groups.Contains(status.Gid) ? Group : 0) & right) != 0;

    public override string ToString() => $"uid {Uid}";
}
