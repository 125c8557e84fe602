using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>A security update that apt's lists have and the host has not, for all packages built of one source.</summary>
/// <param name="Source">The source package: <c>openssl</c>.</param>
/// <param name="Packages">Name, installed and published version of each.</param>
/// <param name="IsHeld">Somebody told apt to leave one of them as it is.</param>
sealed record PendingUpdate(string Source, IReadOnlyList<string> Packages, bool IsHeld);

/// <summary>What dpkg's status and apt's lists tell together.</summary>
/// <param name="Kernels">Installed packages of kernels, <c>linux-image-…</c>, and their versions.</param>
/// <param name="UnattendedUpgrades">Version of that package; null where it is not installed.</param>
/// <param name="SubscribedTo">Origins of Ubuntu Pro that apt fetches.</param>
/// <param name="Published">The newest date of the security pocket; null where apt has no such list.</param>
/// <param name="Pending">By source package.</param>
/// <param name="PendingInPro">Of those that only Ubuntu Pro has, to which the host is not subscribed; null where nothing tells of them.</param>
/// <param name="Obstacle">Why the lists cannot be judged, or null.</param>
sealed record AptState(
    IReadOnlyDictionary<string, string> Kernels, string? UnattendedUpgrades, IReadOnlySet<string> SubscribedTo, DateTimeOffset? Published,
    IReadOnlyList<PendingUpdate> Pending, IReadOnlyList<PendingUpdate>? PendingInPro, string? Obstacle);

/// <summary>
/// Reads <see cref="AptState"/>, and again only when dpkg or apt has changed a file: lists have tens of megabytes, and change once a day.
/// </summary>
sealed class AptSurvey
{
    const string Status = "/var/lib/dpkg/status", Journal = "/var/lib/dpkg/updates";

    /// <summary>What is installed is held in memory: all packages of the archive would have 100 MB here.</summary>
    const long StatusLimit = 128 << 20;

    readonly Lock guard = new();
    (int Stamp, AptState? State, string? Problem)? known;

    /// <exception cref="IOException">dpkg's own files cannot be read.</exception>
    /// <exception cref="FormatException">They are damaged, or dpkg was interrupted.</exception>
    public AptState Look(Machine machine, string codename)
    {
        lock (guard)
        {
            var stamp = Stamp(machine, codename);
            if (known?.Stamp != stamp)
            {
                var (state, problem) = TryRead(machine, codename);
                // A file that was changed while it was read is read again.
                known = (stamp == Stamp(machine, codename) ? stamp : ~stamp, state, problem);
            }
            return known.Value.State ?? throw new FormatException(known.Value.Problem);
        }
    }

    static int Stamp(Machine machine, string codename)
    {
        var stamp = new HashCode();
        stamp.Add(codename);
        // Through the door that is watched: a change of these starts the check again. Lists are replaced in their directory.
        foreach (var path in new[] { Status, Journal, AptLists.Directory, AptLists.EsmDirectory }) stamp.Add(machine.Status(path));
        return stamp.ToHashCode();
    }

    /// <summary>What is malformed is so until it changes: a huge file is read once.</summary>
    static (AptState? State, string? Problem) TryRead(Machine machine, string codename)
    {
        try
        {
            return (Read(machine, codename), null);
        }
        catch (FormatException e)
        {
            return (null, e.Message);
        }
    }

    static AptState Read(Machine machine, string codename)
    {
        if ((machine.List(Journal) ?? []).Any(name => name.All(char.IsAsciiDigit))) throw new FormatException($"{Journal}: dpkg is at work or was interrupted; dpkg --configure -a ends it");
        using var file = new FileStream(machine.OpenFile(Status) ?? throw new IOException($"{Status} is missing: which packages are installed is not known"), FileAccess.Read, bufferSize: 0);
        var installed = new Dictionary<(string Name, string Architecture), PackageParagraph>();
        ControlFile.Read(file, Status, package =>
        {
            if (IsInstalled(package.Status)) installed[(package.Package, package.Architecture)] = package;
        }, StatusLimit);
        var kernels = installed.Values.Where(package => package.Package.StartsWith("linux-image-", StringComparison.Ordinal)).DistinctBy(package => package.Package).ToDictionary(package => package.Package, package => package.Version);
        var unattended = installed.Values.FirstOrDefault(package => package.Package == "unattended-upgrades").Version;
        try
        {
            var (pockets, pro) = (Of(AptLists.SecurityPockets(machine, AptLists.Directory)), Of(AptLists.SecurityPockets(machine, AptLists.EsmDirectory)));
            var subscribed = pockets.Where(pocket => pocket.IsEsm).Select(pocket => pocket.Origin).ToHashSet();
            var missed = pro.Where(pocket => pocket.IsEsm && !subscribed.Contains(pocket.Origin)).ToArray();
            DateTimeOffset? published = pockets.Where(pocket => !pocket.IsEsm).Select(pocket => (DateTimeOffset?)pocket.Published).Max();
            var empty = pockets.FirstOrDefault(pocket => pocket.Packages.Count == 0);
            return new AptState(kernels, unattended, subscribed, published, Pending(machine, installed, pockets), missed.Length == 0 ? null : Pending(machine, installed, missed),
                published is null ? $"apt has no lists of {codename}-security: the pocket is not among its sources, or was never fetched"
                : empty is not null ? $"apt knows {empty.Suite} and has no list of its packages: it is fetching, or was interrupted" : null);
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidDataException)
        {
            return new AptState(kernels, unattended, new HashSet<string>(), null, [], null, e.Message);
        }

        // Sources of another release, left behind by an upgrade, tell nothing of this one.
        AptPocket[] Of(IReadOnlyList<AptPocket> all) => [.. all.Where(pocket => codename.Length == 0 || pocket.Codename.Split('-')[0] == codename || pocket.Suite.Split('-')[0] == codename)];
    }

    /// <summary>Its files are there, if not all configured (dpkg(1)): the third word of three.</summary>
    static bool IsInstalled(string status) => status.Split(' ') is [_, _, "installed" or "unpacked" or "half-configured" or "triggers-awaited" or "triggers-pending"];

    static IReadOnlyList<PendingUpdate> Pending(Machine machine, Dictionary<(string Name, string Architecture), PackageParagraph> installed, IReadOnlyList<AptPocket> pockets)
    {
        var newest = new Dictionary<(string Name, string Architecture), string>();
        foreach (var path in pockets.SelectMany(pocket => pocket.Packages).Distinct())
        {
            using var list = AptLists.Open(machine, path);
            ControlFile.Read(list, path, package =>
            {
                var key = (package.Package, package.Architecture);
                if (!installed.TryGetValue(key, out var mine) || DebianVersion.Compare(package.Version, mine.Version) <= 0) return;
                if (!newest.TryGetValue(key, out var known) || DebianVersion.Compare(package.Version, known) > 0) newest[key] = package.Version;
            });
        }
        return [.. newest.Select(update => (Mine: installed[update.Key], update.Value)).GroupBy(update => Source(update.Mine)).OrderBy(source => source.Key, StringComparer.Ordinal)
            .Select(source => new PendingUpdate(source.Key,
                [.. source.OrderBy(update => update.Mine.Package, StringComparer.Ordinal).Select(update => $"{update.Mine.Package} {update.Mine.Version} (published: {update.Value})")],
                source.Any(update => update.Mine.Status.StartsWith("hold ", StringComparison.Ordinal))))];
    }

    static string Source(PackageParagraph package) => package.Source.Length == 0 ? package.Package : package.Source.Split(' ')[0];
}
