using System.Globalization;

namespace Ratchet.Agent.Probes;

/// <summary>
/// Names of accounts from <c>/etc/passwd</c>, first line wins. Accounts of a directory service are not there: they keep their number.
/// </summary>
sealed class UserNames
{
    readonly Dictionary<uint, string> names = [];

    public UserNames(Machine machine)
    {
        foreach (var line in (machine.ReadText("/etc/passwd") ?? "").Split('\n'))
            if (line.Split(':') is [{ Length: > 0 } name, _, var number, _, ..] && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var uid))
                names.TryAdd(uid, name);
    }

    public string Of(uint uid) => names.TryGetValue(uid, out var name) ? name : uid.ToString(CultureInfo.InvariantCulture);
}
