namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>Tomcat's own users: whether their passwords are kept in clear. What is in a comment is none.</summary>
static class UsersVerdict
{
    static readonly string[] Strong = ["SHA-256", "SHA-384", "SHA-512", "PBKDF2WithHmacSHA256", "PBKDF2WithHmacSHA512"];

    public static IEnumerable<Finding> Judge(TomcatLook look) => look.Judge(TomcatRules.UsersSafe, config =>
    {
        var findings = config.Server.Below("Realm").Select(realm => Judge(look, config, realm)).OfType<Finding>().ToArray();
        return findings.Length > 0 ? Alike.Merge(findings) : [Finding.Pass(TomcatRules.UsersSafe, look.Instance.Subject, "it has no users of its own")];
    });

    /// <summary>Null for a realm that only holds others.</summary>
    static Finding? Judge(TomcatLook look, ServerConfig config, XmlElement realm)
    {
        var kind = realm.ClassName[(realm.ClassName.LastIndexOf('.') + 1)..];
        if (kind is "LockOutRealm" or "CombinedRealm" or "NullRealm") return null;
        var file = kind switch
        {
            "MemoryRealm" => config.Get(realm, "pathname") ?? "conf/tomcat-users.xml",
            "UserDatabaseRealm" => DatabaseFile(config, config.Get(realm, "resourceName") ?? "UserDatabase"),
            _ => null,
        };
        var (rule, subject) = (TomcatRules.UsersSafe, $"{look.Instance.Subject} {(kind.Length > 0 ? kind : "Realm")}");
        if (file is null) return Finding.Unknown(rule, subject, $"its users are kept elsewhere ({kind}), where this agent does not look");
        var path = Path.Combine(look.Instance.Base!, file);
        if (XmlElement.Read(look.Files, path, []) is not { } users) return Finding.Pass(rule, subject, $"there are no users: {path} is missing");
        return Judge(look, config, realm, users.Below("user").Where(user => user["password"] is { Length: > 0 }).ToArray(), path, subject);
    }

    static Finding Judge(TomcatLook look, ServerConfig config, XmlElement realm, XmlElement[] users, string path, string subject)
    {
        var rule = TomcatRules.UsersSafe;
        var privileged = users.Count(user => (user["roles"] ?? "").Split(',', StringSplitOptions.TrimEntries).Any(role => role.StartsWith("manager-", StringComparison.Ordinal) || role.StartsWith("admin-", StringComparison.Ordinal) || role is "manager" or "admin"));
        var evidence = new Evidence { { "file", path }, { "users", users.Length }, { "managers", privileged } };
        if (users.Length == 0) return Finding.Pass(rule, subject, $"{path} has no users with a password", evidence);
        var weakness = Weakness(look, config, realm);
        return weakness is not null ? Finding.Fail(rule, subject, $"{path} keeps the passwords of {users.Length} users{(privileged > 0 ? $" ({privileged} of them managers)" : "")} {weakness}", evidence)
            : Finding.Pass(rule, subject, $"{path} keeps the passwords of {users.Length} users as digests", evidence);
    }

    /// <summary>How passwords are kept, or null where as digests of a strong kind.</summary>
    static string? Weakness(TomcatLook look, ServerConfig config, XmlElement realm)
    {
        var handlers = realm.Below("CredentialHandler").Where(handler => !handler.ClassName.EndsWith("NestedCredentialHandler", StringComparison.Ordinal)).ToArray();
        if (handlers.Length == 0) return Digest(look, config, realm) is { } digest ? Named(digest) : "in clear";
        foreach (var handler in handlers)
        {
            var algorithm = config.Get(handler, "algorithm");
            if (handler.ClassName.EndsWith("MessageDigestCredentialHandler", StringComparison.Ordinal))
            {
                if (algorithm is null or "") return "in clear";
                if (Named(algorithm) is { } weak) return weak;
            }
            // Its default is PBKDF2 with SHA-1 in 20,000 rounds.
            else if (!handler.ClassName.EndsWith("SecretKeyCredentialHandler", StringComparison.Ordinal)) throw new FormatException("a CredentialHandler is not Tomcat's own");
        }
        return null;
    }

    /// <summary>The realm's own attribute, of versions that have it.</summary>
    static string? Digest(TomcatLook look, ServerConfig config, XmlElement realm)
    {
        if (config.Get(realm, "digest") is not { Length: > 0 } digest) return null;
        if (look.Version is not { } version) throw new FormatException("a Realm has the attribute digest, which Tomcat ignores since 8.5, and the version is not known");
        return version.HasRealmDigest ? digest : null;
    }

    static string? Named(string algorithm) => Strong.Contains(algorithm, StringComparer.OrdinalIgnoreCase) ? null : $"as digests of a weak kind ({algorithm})";

    static string? DatabaseFile(ServerConfig config, string name)
    {
        var resource = config.Server.Below("Resource").FirstOrDefault(resource => resource["name"] == name);
        if (resource is null || !(config.Get(resource, "factory") ?? "").EndsWith("MemoryUserDatabaseFactory", StringComparison.Ordinal)) return null;
        return config.Get(resource, "pathname") ?? "conf/tomcat-users.xml";
    }
}
