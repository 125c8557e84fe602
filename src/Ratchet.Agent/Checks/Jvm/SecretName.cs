namespace Ratchet.Agent.Checks.Jvm;

/// <summary>
/// Whether a name is that of a secret: its last word is <c>password</c>, <c>secret</c>, <c>token</c> and the like. The last word
/// decides, because <c>password.file</c> and <c>tokenExpiry</c> name none.
/// </summary>
static class SecretName
{
    static readonly string[] Endings = ["password", "passwd", "passphrase", "secret", "apikey"];
    static readonly string[] Words = ["pass", "pwd", "pw", "token", "credential", "credentials", "authtoken"];
    static readonly string[] KeyOwners = ["secret", "api", "access", "private", "encryption", "signing", "master"];

    public static bool Matches(string name)
    {
        var words = Split(name.TrimEnd("0123456789".ToCharArray()));
        if (words.Count == 0) return false;
        var last = words[^1];
        return Endings.Any(ending => last.EndsWith(ending, StringComparison.Ordinal)) || last.EndsWith("pass", StringComparison.Ordinal) || Words.Contains(last)
            || (last == "key" && words.Count > 1 && KeyOwners.Contains(words[^2])) || last is "secretkey" or "accesskey" or "privatekey";
    }

    /// <summary>Whether a value may be one: not empty, no place-holder, no switch.</summary>
    public static bool IsValue(string value) => value.Length > 0 && !value.StartsWith("${", StringComparison.Ordinal) && value.ToLowerInvariant() is not ("true" or "false" or "null" or "none");

    /// <summary>The words of a name in lower case: cut at anything but letters, and where capitals begin.</summary>
    static List<string> Split(string name)
    {
        var words = new List<string>();
        var start = 0;
        for (var i = 0; i <= name.Length; i++)
        {
            var cut = i == name.Length || !char.IsAsciiLetter(name[i]);
            if (!cut && !(i > start && char.IsAsciiLetterUpper(name[i]) && char.IsAsciiLetterLower(name[i - 1]))) continue;
            if (i > start) words.Add(name[start..i].ToLowerInvariant());
            start = cut ? i + 1 : i;
        }
        return words;
    }
}
