using Ratchet.Agent.Checks;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Ubuntu;

/// <summary>A recorded Ubuntu 24.04 on which everything is as it should be, to be changed by a test.</summary>
sealed class UbuntuHost : IDisposable
{
    public const string Lists = "/var/lib/apt/lists", Pocket = "security.ubuntu.com_ubuntu_dists_noble-security";
    // Of Ubuntu's package systemd, from 24.04 on.
    public const string JournalToSyslog = "/usr/lib/systemd/journald.conf.d/syslog.conf";

    const int FirstPid = 500;

    static readonly DateTimeOffset Boot = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    readonly string folder = Directory.CreateTempSubdirectory("ratchet-ubuntu-").FullName;
    readonly Dictionary<string, string> listing = [];
    int pid = FirstPid;

    public UbuntuHost()
    {
        Write("/etc/os-release", "ID=ubuntu\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\nPRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\n");
        Write("/etc/passwd", "root:x:0:0:::\nsalt:x:450:450:::\n");
        Write("/etc/group", "root:x:0:\nsalt:x:450:\n");
        Write("/proc/stat", $"btime {Boot.ToUnixTimeSeconds()}\n");
        Write("/proc/sys/kernel/osrelease", "6.8.0-50-generic\n");
        Process(1, "init.scope");
        Status(("openssl", "3.0.13-0ubuntu3.4", ""), ("libssl3t64", "3.0.13-0ubuntu3.4", "openssl"), ("linux-image-6.8.0-50-generic", "6.8.0-50.51", "linux-signed"), ("unattended-upgrades", "2.9.1", ""));
        Security(("openssl", "3.0.13-0ubuntu3.4"), ("libssl3t64", "3.0.13-0ubuntu3.4"), ("elsewhere", "1"));
        Write("/etc/apt/apt.conf.d/20auto-upgrades", "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n");
        Write("/etc/apt/apt.conf.d/50unattended-upgrades", "Unattended-Upgrade::Allowed-Origins {\n\t\"${distro_id}:${distro_codename}\"; // a comment\n\t\"${distro_id}:${distro_codename}-security\";\n};\n");
        Link("/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer", "/usr/lib/systemd/system/apt-daily-upgrade.timer");
        Write("/var/lib/apt/periodic/unattended-upgrades-stamp", "", time: Now.AddHours(-6));
        Service("systemd-timesyncd.service");
        Write("/run/systemd/timesync/synchronized", "", time: Now.AddMinutes(-20));
        Service("rsyslog.service");
        Write("/etc/rsyslog.conf", "module(load=\"imuxsock\") # provides support for local system logging\nmodule(load=\"imklog\" permitnonkernelfacility=\"on\")\n$IncludeConfig /etc/rsyslog.d/*.conf\n", time: Boot.AddDays(-1));
        Write(JournalToSyslog, "[Journal]\nForwardToSyslog=yes\n");
        Rsyslog("*.* action(type=\"omfwd\" target=\"logs.internal\" port=\"6514\" protocol=\"tcp\"\n  StreamDriver=\"gtls\" StreamDriverMode=\"1\" StreamDriverAuthMode=\"x509/name\")\n");
    }

    public static DateTimeOffset Now { get; } = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public string Root => Path.Combine(folder, "root");

    public string Commands { get; set; } = "\n";

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public Machine Machine()
    {
        File.WriteAllText(Path.Combine(folder, "commands.txt"), Commands);
        File.WriteAllText(Path.Combine(folder, "now.txt"), $"{Now:yyyy-MM-ddTHH:mm:ss}Z");
        File.WriteAllLines(Path.Combine(folder, "listing.txt"), listing.Select(entry => $"{entry.Value} {entry.Key}"));
        return Recording.Open(folder);
    }

    /// <summary>The one finding of a rule with this verdict and these words in its message.</summary>
    public async Task<Finding> AssertAsync(ICheck check, Rule rule, Outcome outcome, string words)
    {
        var findings = (await check.RunAsync(Machine(), CancellationToken.None)).Note().Where(finding => finding.Rule == rule).ToArray();
        var finding = findings.FirstOrDefault(finding => finding.Outcome == outcome && finding.Message.Contains(words, StringComparison.Ordinal));
        Assert.True(finding is not null, string.Join('\n', findings.Select(finding => $"{finding.Outcome} {finding.Subject}: {finding.Message}")));
        return finding!;
    }

    public void Write(string path, string text, string modeAndOwner = "0644 root:root", DateTimeOffset? time = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.WriteAllText(Root + path, text);
        List(path, modeAndOwner, time);
    }

    public void WriteBytes(string path, byte[] bytes, DateTimeOffset time)
    {
        Write(path, "", time: time);
        File.WriteAllBytes(Root + path, bytes);
    }

    public void List(string path, string modeAndOwner, DateTimeOffset? time = null) => listing[path] = $"{modeAndOwner} 0 {time ?? Boot.AddDays(-2):yyyy-MM-ddTHH:mm:ss}Z";

    public void MakeDirectory(string path, string modeAndOwner)
    {
        Directory.CreateDirectory(Root + path);
        List(path, modeAndOwner);
    }

    public void Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.Delete(Root + path);
        File.CreateSymbolicLink(Root + path, target);
    }

    public void Delete(string path)
    {
        File.Delete(Root + path);
        listing.Remove(path);
    }

    public void Status(params (string Name, string Version, string Source)[] packages) =>
        Write("/var/lib/dpkg/status", string.Concat(packages.Select(package => $"Package: {package.Name}\nStatus: {(package.Name == "held" ? "hold" : "install")} ok installed\n{(package.Source.Length > 0 ? $"Source: {package.Source}\n" : "")}Architecture: amd64\nVersion: {package.Version}\nDescription: x\n of two lines\n\n")));

    /// <summary>The security pocket as apt has it on disk.</summary>
    public void Security(params (string Name, string Version)[] packages) => Archive(Lists, Pocket, "Ubuntu", "noble-security", Now.AddHours(-20), packages);

    public void Archive(string directory, string prefix, string origin, string suite, DateTimeOffset date, params (string Name, string Version)[] packages)
    {
        Write($"{directory}/{prefix}_InRelease", $"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nOrigin: {origin}\nLabel: Ubuntu\nSuite: {suite}\nCodename: noble\nDate: {date:ddd, dd MMM yyyy HH:mm:ss} UTC\nMD5Sum:\n aa 1 main/x\n");
        Write($"{directory}/{prefix}_main_binary-amd64_Packages", string.Concat(packages.Select(package => $"Package: {package.Name}\nArchitecture: amd64\nVersion: {package.Version}\n\n")));
    }

    public void Rsyslog(string text) => Write("/etc/rsyslog.d/50-forward.conf", text, time: Boot.AddDays(-1));

    /// <returns>Its process.</returns>
    public int Service(string unit, char state = 'S', string maps = "")
    {
        var id = pid++;
        Write($"/sys/fs/cgroup/system.slice/{unit}/cgroup.procs", $"{id}\n");
        Process(id, unit, state, maps);
        return id;
    }

    public void Stop(string unit) => Delete($"/sys/fs/cgroup/system.slice/{unit}/cgroup.procs");

    void Process(int id, string unit, char state = 'S', string maps = "")
    {
        Write($"/proc/{id}/stat", $"{id} (x) {state} {string.Concat(Enumerable.Repeat("0 ", 18))}100 0\n");
        Write($"/proc/{id}/status", "Name:\tx\nUid:\t0\t0\t0\t0\n");
        Write($"/proc/{id}/cgroup", $"0::/system.slice/{unit}\n");
        Write($"/proc/{id}/maps", maps);
    }
}
