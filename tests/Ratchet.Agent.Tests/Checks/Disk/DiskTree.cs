using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Disk;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Disk;

/// <summary>A small host in a temporary folder: sysfs with its links, mountinfo, /proc/swaps, devices as files.</summary>
sealed class DiskTree : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ratchet-disk-");
    readonly Dictionary<string, string> places = [];
    readonly List<string> mounts = [];
    readonly List<string> swaps = [];

    public Settings Settings { get; set; } = new();

    public Dictionary<string, CommandResult> Commands { get; } = [];

    public Dictionary<string, FileStatus> Listing { get; } = [];

    public string Root => folder.FullName;

    public DiskTree Disk(string name, string number, byte[]? header = null)
    {
        Device(name, number, $"devices/pci0/{name}", [], header);
        return this;
    }

    public DiskTree Mapped(int minor, string name, string id, params string[] slaves)
    {
        Device($"dm-{minor}", $"253:{minor}", $"devices/virtual/block/dm-{minor}", slaves, null);
        Write($"/sys/devices/virtual/block/dm-{minor}/dm/name", name + "\n");
        Write($"/sys/devices/virtual/block/dm-{minor}/dm/uuid", id + "\n");
        return this;
    }

    public DiskTree Virtual(string name, string number, params string[] slaves)
    {
        Device(name, number, $"devices/virtual/block/{name}", slaves, null);
        return this;
    }

    /// <summary>A line of mountinfo; all but the root hang below the root, whose id is 1.</summary>
    public DiskTree Mount(string number, string point, string type, string source = "none", string options = "rw", int parent = 1)
    {
        mounts.Add($"{mounts.Count + 1} {(mounts.Count == 0 ? 0 : parent)} {number} / {point} rw - {type} {source} {options}");
        return this;
    }

    public DiskTree Swap(string path, string type = "partition")
    {
        swaps.Add($"{path}\t{type}\t100\t0\t-2");
        return this;
    }

    public DiskTree Write(string path, string text) => Write(path, System.Text.Encoding.UTF8.GetBytes(text));

    public DiskTree Write(string path, byte[] content)
    {
        var file = Root + path;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, content);
        return this;
    }

    public DiskTree Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.CreateSymbolicLink(Root + path, target);
        return this;
    }

    public async Task<IReadOnlyList<Finding>> CheckAsync()
    {
        Write("/proc/self/mountinfo", string.Concat(mounts.Select(mount => mount + "\n")));
        Write("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n" + string.Concat(swaps.Select(swap => swap + "\n")));
        return await new DiskCheck(Settings).RunAsync(new Machine(Root, AnswerAsync, new Clock(), Listing), CancellationToken.None);
    }

    public async Task<Finding> JudgeAsync(string rule, string subject)
    {
        var findings = await CheckAsync();
        return findings.Single(finding => finding.Rule.Id == "disk." + rule && finding.Subject == subject);
    }

    public void Dispose() => folder.Delete(recursive: true);

    void Device(string name, string number, string place, string[] slaves, byte[]? header)
    {
        places[name] = place;
        Write($"/sys/{place}/dev", number + "\n");
        Link($"/sys/dev/block/{number}", "../../" + place);
        foreach (var slave in slaves) Link($"/sys/{place}/slaves/{slave}", "/sys/" + places[slave]);
        if (header is not null) Write("/dev/" + name, header);
    }

    Task<CommandResult> AnswerAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancel) =>
        Commands.TryGetValue(Recording.CommandLine(program, arguments), out var result) ? Task.FromResult(result) : throw new CommandException($"{program}: cannot be started");

    sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    }
}
