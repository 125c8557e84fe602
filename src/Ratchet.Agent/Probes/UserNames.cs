using System.Globalization;

namespace Ratchet.Agent.Probes;

/// <summary>
/// Names of accounts from <c>/etc/passwd</c>, first line wins. Accounts of a directory service are not there: they keep their number.
/// </summary>
sealed class UserNames
{
    readonly Dictionary<uint, string> names = [];
    readonly Dictionary<string, (uint Uid, uint Gid)> ids = [];

    public UserNames(Machine machine)
    {
        foreach (var line in NameFile.Lines(machine.ReadText("/etc/passwd") ?? "", 7))
            if (line is [{ Length: > 0 } name, _, var number, var group, ..] && !NameFile.IsComment(name) && NameFile.Number(number) is { } uid && NameFile.Number(group) is { } gid)
            {
                names.TryAdd(uid, name);
                ids.TryAdd(name, (uid, gid));
            }
    }

    /// <summary>The numbers of an account and its group; null where no line of the file names it.</summary>
    public (uint Uid, uint Gid)? Find(string name) => ids.TryGetValue(name, out var found) ? found : null;

    public string Of(uint uid) => names.TryGetValue(uid, out var name) ? name : uid.ToString(CultureInfo.InvariantCulture);
}
