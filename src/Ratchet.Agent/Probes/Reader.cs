namespace Ratchet.Agent.Probes;

/// <summary>
/// An account in whose place files are read. By owner, group and mode alone: what an access list or a capability adds is left out,
/// because a user has every capability in a namespace of his own.
/// </summary>
/// <param name="Name">What messages call it.</param>
/// <param name="User">Null: any member of the groups.</param>
sealed record Reader(string Name, uint? User, IReadOnlySet<uint> Groups)
{
    public bool MayRead(FileStatus file) => Has(file, 0b100);

    /// <summary>Whether it may open what lies in a directory.</summary>
    public bool MayEnter(FileStatus directory) => Has(directory, 0b001);

    // The first class that fits decides, also where it grants less than the next.
    bool Has(FileStatus file, int right)
    {
        var shift = file.Uid == User ? 6 : Groups.Contains(file.Gid) ? 3 : 0;
        return User == 0 || ((file.Mode >> shift) & right) != 0;
    }
}
