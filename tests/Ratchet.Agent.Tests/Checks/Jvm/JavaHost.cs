using System.Buffers.Binary;
using System.Text;
using Ratchet.Agent.Checks;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ports;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Jvm;

/// <summary>A recorded host in a temporary folder, on which JVMs run, to be changed by a test.</summary>
sealed class JavaHost : IDisposable
{
    public const string Java = "/usr/lib/jvm/java-17-openjdk-amd64/bin/java";
    const uint Tomcat = 995;

    static readonly DateTimeOffset Boot = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    readonly string folder = Directory.CreateTempSubdirectory("ratchet-java-").FullName;
    readonly Dictionary<string, string> listing = [];

    public JavaHost()
    {
        Write("/etc/passwd", "root:x:0:0:::\ntomcat:x:995:995:::\n");
        Write("/etc/group", "root:x:0:\ntomcat:x:995:\nadm:x:4:\n");
        Write("/proc/stat", $"btime {Boot.ToUnixTimeSeconds()}\n");
        Write("/proc/net/tcp", HostTree.TcpHeader);
        Write("/var/lib/dpkg/info/openjdk-17-jre-headless:amd64.list", $"/.\n{Java}\n");
        List("/tmp", "1777 root:root");
        Directory.CreateDirectory(Root + "/tmp");
        Process(1, "/sbin/init", [], uid: 0);
    }

    public static DateTimeOffset Now { get; } = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset Started { get; } = Boot.AddHours(1);

    public string Root => Path.Combine(folder, "root");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public Machine Machine()
    {
        File.WriteAllText(Path.Combine(folder, "commands.txt"), "\n");
        File.WriteAllText(Path.Combine(folder, "now.txt"), $"{Now:yyyy-MM-ddTHH:mm:ss}Z");
        File.WriteAllLines(Path.Combine(folder, "listing.txt"), listing.Select(entry => $"{entry.Value} {entry.Key}"));
        return Recording.Open(folder);
    }

    public async Task<IReadOnlyList<Finding>> CheckAsync(ICheck check) => (await check.RunAsync(Machine(), CancellationToken.None)).Note();

    /// <summary>The one finding of a rule, held against a verdict and some words of its message.</summary>
    public async Task<Finding> AssertAsync(ICheck check, Rule rule, Outcome outcome, string words)
    {
        var findings = (await CheckAsync(check)).Where(finding => finding.Rule == rule).ToArray();
        var finding = findings.FirstOrDefault(finding => finding.Outcome == outcome && finding.Message.Contains(words, StringComparison.Ordinal));
        Assert.True(finding is not null, string.Join('\n', findings.Select(finding => $"{finding.Outcome} {finding.Subject}: {finding.Message}")));
        return finding!;
    }

    /// <summary>A JVM of the account tomcat, in a unit, with the threads of every HotSpot.</summary>
    public void Jvm(int pid, string[] arguments, string unit = "app.service", string[]? threads = null, string environment = "", string maps = "/usr/lib/jvm/x/lib/server/libjvm.so", uint uid = Tomcat, string executable = Java, DateTimeOffset? started = null, string capabilities = "0")
    {
        Process(pid, executable, arguments, uid, unit, started, capabilities);
        Write($"/proc/{pid}/environ", environment);
        Write($"/proc/{pid}/maps", $"7f00-7f01 r-xp 00000000 08:01 1 {maps}\n");
        Thread(pid, 1, "VM Thread", started);
        for (var i = 0; i < threads?.Length; i++) Thread(pid, i + 2, threads[i], started);
        Link($"/proc/{pid}/cwd", "/");
        Link($"/proc/{pid}/root", "/");
        Link($"/proc/{pid}/fd/0", "/dev/null");
    }

    /// <summary>Sockets in hand of a process; those of tcp6 as Java makes them.</summary>
    public void Listen(int pid, params string[] locals)
    {
        var sockets = locals.Select((local, i) => (Local: local, Inode: (pid * 100) + i)).ToArray();
        for (var i = 0; i < sockets.Length; i++) Link($"/proc/{pid}/fd/{10 + i}", $"socket:[{sockets[i].Inode}]");
        Write($"/proc/{pid}/net/tcp", HostTree.TcpHeader);
        Write($"/proc/{pid}/net/tcp6", HostTree.Table("0A", sockets));
    }

    /// <summary>hsperfdata of a process.</summary>
    public void Perf(int pid, byte[] content, string owner = "tomcat", string user = "tomcat")
    {
        Directory.CreateDirectory($"{Root}/tmp/hsperfdata_{user}");
        File.WriteAllBytes($"{Root}/tmp/hsperfdata_{user}/{pid}", content);
        List($"/proc/{pid}/root/tmp/hsperfdata_{user}", $"0755 {owner}:{owner}");
    }

    /// <summary>Performance data in the layout of HotSpot, version 2; an entry without a text is the number -1.</summary>
    public static byte[] PerfBytes(DateTimeOffset created, params (string Name, string? Value)[] texts)
    {
        var entries = new List<byte[]> { Entry("sun.rt.createVmBeginTime", 'J', 0, BitConverter.GetBytes(created.ToUnixTimeMilliseconds())) };
        entries.AddRange(texts.Select(text => text.Value is null ? Entry(text.Name, 'J', 0, BitConverter.GetBytes(-1L)) : Entry(text.Name, 'B', text.Value.Length + 1, Encoding.UTF8.GetBytes(text.Value + "\0"))));
        var header = new byte[32];
        BinaryPrimitives.WriteUInt32BigEndian(header, 0xCAFEC0C0);
        (header[4], header[5]) = (1, 2);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), 32);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(28), entries.Count);
        return [.. header, .. entries.SelectMany(entry => entry)];
    }

    public void List(string path, string modeAndOwner, DateTimeOffset? time = null) => listing[path] = $"{modeAndOwner} 0 {time ?? Boot:yyyy-MM-ddTHH:mm:ss}Z";

    public void Write(string path, string text, string? modeAndOwner = null, DateTimeOffset? time = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.WriteAllText(Root + path, text);
        if (modeAndOwner is not null) List(path, modeAndOwner, time);
    }

    public void Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.Delete(Root + path);
        File.CreateSymbolicLink(Root + path, target);
    }

    /// <summary>A jar or a web archive.</summary>
    public void Archive(string path, params (string Name, string Text)[] entries)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.Delete(Root + path);
        using var archive = System.IO.Compression.ZipFile.Open(Root + path, System.IO.Compression.ZipArchiveMode.Create);
        foreach (var (name, text) in entries)
        {
            using var writer = new StreamWriter(archive.CreateEntry(name).Open());
            writer.Write(text);
        }
    }

    public void Delete(string path) => File.Delete(Root + path);

    void Process(int pid, string program, string[] arguments, uint uid, string unit = "init.scope", DateTimeOffset? started = null, string capabilities = "0")
    {
        var name = Path.GetFileName(program);
        Write($"/proc/{pid}/comm", name + "\n");
        Write($"/proc/{pid}/cmdline", string.Concat(arguments.Prepend(program).Select(word => word + "\0")));
        Write($"/proc/{pid}/status", $"Name:\t{name}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\nGroups:\t{uid} \nNSpid:\t{pid}\nCapEff:\t{capabilities}\n");
        Write($"/proc/{pid}/cgroup", $"0::/system.slice/{unit}\n");
        Write($"/proc/{pid}/stat", Stat(pid, name, started));
        Link($"/proc/{pid}/exe", program);
    }

    void Thread(int pid, int number, string name, DateTimeOffset? started)
    {
        Write($"/proc/{pid}/task/{pid + number}/comm", name + "\n");
        Write($"/proc/{pid}/task/{pid + number}/stat", Stat(pid + number, name, started));
    }

    static string Stat(int pid, string name, DateTimeOffset? started) =>
        $"{pid} ({name}) S 1 {string.Concat(Enumerable.Repeat("0 ", 17))}{(long)((started ?? Started) - Boot).TotalSeconds * 100} 0\n";

    static byte[] Entry(string name, char type, int vector, byte[] data)
    {
        var start = 20 + ((name.Length + 1 + 7) & ~7);
        var entry = new byte[(start + data.Length + 7) & ~7];
        BinaryPrimitives.WriteInt32LittleEndian(entry, entry.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(4), 20);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(8), vector);
        entry[12] = (byte)type;
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(16), start);
        Encoding.ASCII.GetBytes(name).CopyTo(entry, 20);
        data.CopyTo(entry, start);
        return entry;
    }
}
