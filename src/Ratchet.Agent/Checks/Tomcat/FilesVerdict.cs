using Ratchet.Agent.Checks.Jvm;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// What Tomcat's files let happen: others write them, Tomcat itself writes its configuration or program, others read its secrets.
/// The danger is judged, not an exact mode: what Debian and the tarball ship passes. Keys are asked for their mode, never opened.
/// </summary>
/// <remarks>webapps, work, temp, logs, conf/ENGINE and a lib of the base's own are Tomcat's to write: that is how it deploys.</remarks>
static class FilesVerdict
{
    static readonly string[] Writable = ["webapps", "work", "temp", "logs", "lib"];
    static readonly string[] KeyAttributes = ["certificateKeystoreFile", "certificateKeyFile", "keystoreFile", "SSLCertificateKeyFile"];

    public static Finding Judge(TomcatLook look)
    {
        var (rule, subject, quiet) = (TomcatRules.FilesProtected, look.Instance.Subject, look.Machine);
        var faults = new List<string>();
        try
        {
            foreach (var path in Own(look)) Check(quiet, path, look.Instance.Process, faults);
            foreach (var path in Writable.Select(part => $"{look.Instance.Base}/{part}").Concat(Deployments(look))) Check(quiet.Unwatched(), path, null, faults);
            foreach (var path in Secrets(look))
                if (quiet.Status(path) is { } file && (file.Mode & 0b000_000_100) != 0 && IsReachable(quiet, path)) faults.Add($"{path} can be read by everybody (mode {file.OctalMode})");
            if (quiet.Status($"{look.Instance.Base}/logs") is { } logs && (logs.Mode & 0b000_000_101) == 0b101) faults.Add($"{look.Instance.Base}/logs can be read by everybody (mode {logs.OctalMode})");
        }
        catch (Exception e) when (e is IOException or FormatException && faults.Count == 0)
        {
            return Finding.Unknown(rule, subject, e.Message);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            // A fault that was found stays one.
        }
        var evidence = new Evidence { { "faults", faults.Count > 0 ? faults : null }, { "user", look.Instance.Process?.User } };
        if (faults.Count > 0) return Finding.Fail(rule, subject, $"{faults[0]}{(faults.Count > 1 ? $", and {faults.Count - 1} more" : "")}{look.Instance.Rest}", evidence);
        return look.Config is null ? Finding.Unknown(rule, subject, $"which keys it uses is not known: {look.Problem}", evidence)
            : Finding.Pass(rule, subject, (look.Instance.Process is { } process ? $"its configuration and program can be changed neither by {process.User} nor by others, and its secrets are not everybody's to read" : "its files can be changed by their owners alone, and its secrets are not everybody's to read") + look.Instance.Rest, evidence);
    }

    /// <summary>Configuration and program, which are the administrator's.</summary>
    static IEnumerable<string> Own(TomcatLook look)
    {
        var (machine, instance) = (look.Machine, look.Instance);
        yield return instance.Base!;
        foreach (var directory in new[] { $"{instance.Base}/conf", $"{instance.Base}/bin" }.Concat(instance.Home is { } home ? [$"{home}/bin", $"{home}/lib"] : []).Distinct())
        {
            yield return directory;
            foreach (var name in machine.List(directory) ?? [])
                if (machine.Status($"{directory}/{name}") is { Kind: FileKind.Regular }) yield return $"{directory}/{name}";
        }
    }

    /// <summary>conf/ENGINE and conf/ENGINE/HOST, whose files deploy applications.</summary>
    static IEnumerable<string> Deployments(TomcatLook look)
    {
        foreach (var engine in Directories(look.Machine, $"{look.Instance.Base}/conf"))
        {
            yield return engine;
            foreach (var host in Directories(look.Machine, engine)) yield return host;
        }
    }

    static IEnumerable<string> Directories(Machine machine, string path) =>
        (machine.List(path) ?? []).Select(name => $"{path}/{name}").Where(directory => machine.Status(directory) is { Kind: FileKind.Directory });

    /// <param name="process">Who may not write it either; null: that is his to write.</param>
    static void Check(Machine machine, string path, JavaProcess? process, List<string> faults)
    {
        if (machine.Status(path) is not { } file) return;
        const int groupWrites = 0b000_010_000, othersWrite = 0b000_000_010, sticky = 0b001_000_000_000;
        if ((file.Mode & othersWrite) != 0 && !(file.Kind == FileKind.Directory && (file.Mode & sticky) != 0)) faults.Add($"{path} can be written by everybody (mode {file.OctalMode})");
        // root writes everything: that is a rule of its own.
        else if (process is { Info.Uid: not 0 } && ((file.Uid == process.Info.Uid) || ((file.Mode & groupWrites) != 0 && process.Credentials.Groups.Contains(file.Gid))))
            faults.Add($"{path} can be changed by Tomcat itself (mode {file.OctalMode}, {(file.Uid == process.Info.Uid ? $"owner {process.User}" : "by its group")})");
    }

    /// <summary>Files that hold a secret: keys, users, and of the configuration those where an attribute or a property is one.</summary>
    static IEnumerable<string> Secrets(TomcatLook look)
    {
        var directory = look.Instance.Base!;
        yield return $"{directory}/conf/tomcat-users.xml";
        if (look.Config is not { } config) yield break;
        if (HasSecret(config.Server)) yield return look.Instance.ConfigFile;
        if (config.Properties.Any(property => IsSecret(property.Key, property.Value))) yield return $"{directory}/conf/catalina.properties";
        foreach (var path in Contexts(look, config))
            if (XmlElement.Read(look.Files, path, []) is { } context && HasSecret(context)) yield return path;
        foreach (var (name, value) in All(config.Server).SelectMany(element => element.Attributes))
            if (KeyAttributes.Contains(name) && Resolved(config, value) is { } key) yield return Path.Combine(directory, key.StartsWith("file:", StringComparison.Ordinal) ? key[5..] : key);
    }

    /// <summary>Files that configure applications: the common one, and the descriptors of every host.</summary>
    static IEnumerable<string> Contexts(TomcatLook look, ServerConfig config)
    {
        var directories = config.Engines.SelectMany(engine => engine.Named("Host").Select(host => Applications.Descriptors(look, config, engine, host)));
        return directories.Distinct().SelectMany(directory => Applications.DescriptorNames(look, directory).Select(name => $"{directory}/{name}")).Prepend($"{look.Instance.Base}/conf/context.xml");
    }

    /// <summary>An attribute that is one, or a Parameter or Environment by its name.</summary>
    static bool HasSecret(XmlElement root) => All(root).Any(element =>
        element.Attributes.Any(attribute => IsSecret(attribute.Key, attribute.Value)) || IsSecret(element["name"] ?? "", element["value"] ?? ""));

    static bool IsSecret(string name, string value) => SecretName.Matches(name) && SecretName.IsValue(value);

    static IEnumerable<XmlElement> All(XmlElement element) => element.Children.SelectMany(All).Prepend(element);

    static string? Resolved(ServerConfig config, string value)
    {
        try
        {
            return config.Placeholders.Resolve(value);
        }
        catch (FormatException e)
        {
            throw new IOException($"where a key lies is not known: {e.Message}", e);
        }
    }

    static bool IsReachable(Machine machine, string path)
    {
        for (var above = Path.GetDirectoryName(machine.Resolve(path) ?? path); above is { Length: > 1 }; above = Path.GetDirectoryName(above))
            if (machine.Status(above) is { } status && (status.Mode & 0b000_000_001) == 0) return false;
        return true;
    }
}
