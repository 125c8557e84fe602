using System.Diagnostics;
using System.Text.Json.Nodes;
using Ratchet.Agent.Checks.Access.Sudo;
using Ratchet.Agent.Checks.Sshd;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Access.Sudo;

/// <summary>
/// What cvtsudoers (of the sudo package) makes of the same text, filtered for one user and one host, with aliases filled in, is what
/// this reader makes of it; and what it refuses is a problem here.
/// </summary>
public sealed class RealSudoTests : IDisposable
{
    const string Cvtsudoers = "/usr/bin/cvtsudoers";

    readonly AccessHost host = new();

    public void Dispose() => host.Dispose();

    [NeedsSudoTheory]
    [InlineData("acme ALL = /bin/a, /bin/b x y")]
    [InlineData("acme ALL = (postgres) /bin/a, (root) NOPASSWD: /bin/b, /bin/c")]
    [InlineData("acme ALL = (a, b : c) /bin/a")]
    [InlineData("acme web01 = /bin/a : db01 = /bin/b")]
    [InlineData("acme web* = /bin/a")]
    [InlineData("acme ALL = /bin/a x\\,y\\:z\\=1")]
    [InlineData("acme ALL = /bin/a \\\n  x, \\\n /bin/b")]
    [InlineData("acme ALL = /bin/a # a remark")]
    [InlineData("acme ALL = sha256:OjUWNnhCUmyIL9SORzgbYi1zXYqhbCjLXOi/aZbYlQQ= /bin/a")]
    [InlineData("bob ALL = /bin/true # see C:\\\nacme ALL = /bin/a")]
    [InlineData("bob ALL = /bin/true \"x # y\\\nacme ALL = /bin/a")]
    [InlineData("#-----\nacme ALL = /bin/a, \\ \t\n /bin/b")]
    [InlineData("acme ALL = /bin/a x\\\\\nbob ALL = /bin/b")]
    [InlineData("\"acme\" ALL = /bin/a")]
    [InlineData("Defaults env_reset\nDefaults:acme !lecture\nacme ALL = /bin/a")]
    [InlineData("Cmnd_Alias A = /bin/a, /bin/b\nacme ALL = A, /bin/c")]
    [InlineData("Runas_Alias DB = postgres, mysql\nacme ALL = (DB) ALL")]
    [InlineData("Host_Alias H = web01 : I = db01\nacme H = /bin/a\nacme I = /bin/b")]
    [InlineData("User_Alias OUT = acme, bob\nOUT ALL = (ALL : ALL) NOPASSWD: ALL")]
    [InlineData("acme ALL = ^/bin/(a|b)$ ^x,y$, /bin/c")]
    [InlineData("acme ALL = /bin/a \"x y\"")]
    [InlineData("acme ALL = /bin/a !x (y)")]
    [InlineData("acme ALL = /bin/a --opt=1 -x")]
    [InlineData("acme ALL = sudoedit /etc/hosts, /usr/bin/")]
    [InlineData("bob ALL = /bin/a\nacme ALL = /bin/b")]
    public void Real_sudo_reads_the_same(string text)
    {
        var path = Write(text);
        var real = Parse(SudoHost(Cvtsudoers, "-f", "json", "-e", "-p", "-m", "user=acme,host=web01", "-s", "defaults", path)).Order(StringComparer.Ordinal);
        Assert.Equal(string.Join('\n', real), string.Join('\n', Rights(text).Order(StringComparer.Ordinal)));
    }

    /// <summary>sudo itself, with these files in a mount namespace of its own: whether acme may run id.</summary>
    [NeedsSudoTheory]
    [InlineData("acme ALL = /usr/bin/id")]
    [InlineData("acme ALL = /usr/bin/true")]
    [InlineData("#1001 ALL = /usr/bin/id")]
    [InlineData("#1002 ALL = /usr/bin/id")]
    [InlineData("%helpers ALL = /usr/bin/id")]
    [InlineData("%#1500 ALL = /usr/bin/id")]
    [InlineData("acme ALL, !HOST = /usr/bin/id")]
    [InlineData("acme !HOST, ALL = /usr/bin/id")]
    [InlineData("acme HOST = /usr/bin/id")]
    [InlineData("acme otherhost = /usr/bin/id")]
    [InlineData("ALL, !acme ALL = /usr/bin/id")]
    [InlineData("!acme, ALL ALL = /usr/bin/id")]
    [InlineData("ALL, !%helpers ALL = /usr/bin/id")]
    [InlineData("acme ALL = /usr/bin/id, !/usr/bin/id")]
    [InlineData("acme ALL = !/usr/bin/id, /usr/bin/id")]
    [InlineData("acme ALL = ALL\nacme ALL = !ALL")]
    [InlineData("acme ALL = !ALL\nacme ALL = ALL")]
    [InlineData("User_Alias A = !acme, ALL\nA ALL = /usr/bin/id")]
    [InlineData("User_Alias A = acme\n!A ALL = /usr/bin/id")]
    [InlineData("NOSUCH ALL = /usr/bin/id")]
    [InlineData("acme ALL = NOSUCH")]
    [InlineData("acme ALL = NOTAFTER=20200101000000Z /usr/bin/id")]
    [InlineData("acme ALL = NOTAFTER=20990101000000Z /usr/bin/id")]
    [InlineData("Host_Alias H = otherhost, !HOST\nacme ALL, H = /usr/bin/id")]
    [InlineData("acme ALL = (ALL) !ALL\nacme ALL = /usr/bin/id")]
    public void Real_sudo_lets_the_same_in(string text)
    {
        text = text.Replace("HOST", Environment.MachineName.Split('.')[0], StringComparison.Ordinal);
        host.Account("acme", 1001).Tree.File("/etc/group", "root:x:0:\nhelpers:x:1500:acme\n");
        var folder = host.Tree.Path("/etc");
        Write(text);
        File.SetUnixFileMode(host.Tree.Path("/tested"), UnixFileMode.UserRead);
        var script = $"mount --bind {folder}/passwd /etc/passwd && mount --bind {folder}/group /etc/group && mount --bind {host.Tree.Path("/tested")} /etc/sudoers && sudo -n -l -U acme /usr/bin/id";
        var allowed = SudoHost("/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script) is { Length: > 0 };
        host.Sudoers(text + "\n");
        var sudoers = Sudoers.Read(host.Machine, Environment.MachineName)!;
        Assert.Empty(sudoers.Problems);
        var accounts = Accounts.Parse(File.ReadAllText(folder + "/passwd"), File.ReadAllText(folder + "/group"));
        var rights = new SudoRights(sudoers, accounts, DateTimeOffset.UtcNow).Of(accounts.Find("acme")!);
        Assert.Equal(allowed, rights.Any(right => right is { IsCertain: true, Command: "ALL" or "/usr/bin/id" }));
    }

    /// <summary>sudo itself, on a host called web01 with these files: whether acme may run id.</summary>
    [NeedsSudoTheory]
    [InlineData("acme web01.internal = /usr/bin/id", "127.0.1.1 web01.internal web01")]
    [InlineData("acme *.internal = /usr/bin/id", "127.0.1.1 web01.internal web01")]
    [InlineData("acme web01.other = /usr/bin/id", "127.0.1.1 web01.internal web01")]
    [InlineData("acme web01.internal = /usr/bin/id", "127.0.1.1 web01")]
    [InlineData("Defaults !fqdn\nacme web01.internal = /usr/bin/id", "127.0.1.1 web01.internal web01")]
    [InlineData("acme web01 = /usr/bin/id", "127.0.1.1 db.internal web01")]
    [InlineData("acme db = /usr/bin/id", "127.0.1.1 db.internal web01")]
    public void Real_sudo_takes_the_same_names_for_the_host(string text, string hosts)
    {
        host.Account("acme", 1001).Sudoers(text + "\n").Tree.File("/etc/hosts", hosts + "\n").File("/etc/nsswitch.conf", "passwd: files\nhosts: files\n");
        Write(text);
        File.SetUnixFileMode(host.Tree.Path("/tested"), UnixFileMode.UserRead);
        var binds = string.Concat(new[] { "/etc/passwd", "/etc/group", "/etc/hosts", "/etc/nsswitch.conf" }.Select(file => $"mount --bind {host.Tree.Path(file)} {file} && "));
        var script = $"hostname web01 && {binds}mount --bind {host.Tree.Path("/tested")} /etc/sudoers && sudo -n -l -U acme /usr/bin/id";
        var allowed = SudoHost("/usr/bin/unshare", "--uts", "--mount", "--propagation", "private", "/bin/sh", "-c", script) is { Length: > 0 };
        var sudoers = Sudoers.Read(host.Machine, "web01")!;
        var accounts = Accounts.Parse(File.ReadAllText(host.Tree.Path("/etc/passwd")), File.ReadAllText(host.Tree.Path("/etc/group")));
        Assert.Equal(allowed, new SudoRights(sudoers, accounts, DateTimeOffset.UtcNow).Of(accounts.Find("acme")!).Any(right => right.IsCertain));
    }

    [NeedsSudoTheory]
    [InlineData("acme ALL=(ALL")]
    [InlineData("acme ALL /bin/a")]
    [InlineData("acme ALL = \"/bin/x")]
    [InlineData("acme ALL = relative")]
    [InlineData("User_Alias low = acme")]
    [InlineData("acme ALL = /bin/a, , /bin/b")]
    public void What_real_sudo_refuses_is_a_problem(string text)
    {
        var path = Write(text);
        Assert.Null(SudoHost(Cvtsudoers, "-f", "json", path));
        host.Sudoers(text + "\n");
        Assert.NotEmpty(Sudoers.Read(host.Machine, "web01")!.Problems);
    }

    string Write(string text)
    {
        var path = host.Tree.Path("/tested");
        File.WriteAllText(path, text + "\n");
        return path;
    }

    List<string> Rights(string text)
    {
        host.Sudoers(text + "\n");
        var sudoers = Sudoers.Read(host.Machine, "web01")!;
        Assert.Empty(sudoers.Problems);
        var accounts = Accounts.Parse(File.ReadAllText(host.Tree.Path("/etc/passwd")), File.ReadAllText(host.Tree.Path("/etc/group")));
        return [.. new SudoRights(sudoers, accounts, AccessHost.Today).Of(accounts.Find("acme")!).Select(right => $"{right.RunAs} {right.Command} {right.NoPassword}")];
    }

    /// <summary>RUNAS COMMAND NOPASSWD, a line for each command of the JSON of cvtsudoers.</summary>
    static IEnumerable<string> Parse(string? json)
    {
        Assert.NotNull(json);
        foreach (var spec in (JsonNode.Parse(json)!["User_Specs"] as JsonArray ?? []).Where(spec => Names(spec!["User_List"]) && Names(spec!["Host_List"])))
            foreach (var group in (JsonArray)spec!["Cmnd_Specs"]!)
            {
                var users = (group!["runasusers"] as JsonArray ?? []).Select(user => (string?)user!["username"] ?? "?").ToArray();
                var groups = (group["runasgroups"] as JsonArray ?? []).Select(one => (string?)one!["usergroup"] ?? "?").ToArray();
                var runAs = users.Length > 0 ? string.Join(',', users) : groups.Length > 0 ? ":" + string.Join(',', groups) : "root";
                var noPassword = (group["Options"] as JsonArray ?? []).Any(option => option!["authenticate"] is { } value && !(bool)value);
                foreach (var command in (JsonArray)group["Commands"]!)
                    yield return $"{runAs} {(string?)command!["command"]} {noPassword}";
            }

        // The filter leaves out what does not name the user; a list that takes it out again stays, and says so.
        static bool Names(JsonNode? list) => !((JsonArray)list!).Any(member => member!["negated"] is { } negated && (bool)negated);
    }

    /// <summary>Null where it refuses.</summary>
    static string? SudoHost(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["LC_ALL"] = "C" } })!;
        var output = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 && !error.Contains("syntax error", StringComparison.Ordinal) ? output : null;
    }
}

/// <summary>A test that holds this reader against Debian's sudo.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NeedsSudoTheoryAttribute : TheoryAttribute
{
    public NeedsSudoTheoryAttribute()
    {
        if (!File.Exists("/usr/bin/cvtsudoers")) Skip = "needs cvtsudoers (sudo)";
        else if (Libc.EffectiveUser != 0 || !File.Exists("/usr/bin/unshare")) Skip = "needs root and unshare";
    }
}
