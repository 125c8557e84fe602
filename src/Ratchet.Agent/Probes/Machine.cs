using Microsoft.Win32.SafeHandles;

namespace Ratchet.Agent.Probes;

/// <summary>
/// The one door to the operating system. Production is <c>new Machine("/", Command.RunAsync)</c>; tests and <c>--root</c> look
/// at a directory as if it were <c>/</c>, and no link in it leads outside.
/// A missing file is null. An unreadable one throws, because "could not look" is not "not there".
/// </summary>
sealed partial class Machine
{
    readonly RunCommand run;
    readonly AskWeb ask;
    readonly SafeFileHandle rootHandle;
    readonly IReadOnlyDictionary<string, FileStatus>? recorded;
    readonly FileTrace? trace;
    readonly SharedLooks? shared;
    readonly Position? position;

    /// <param name="root">The directory that is looked at as <c>/</c>.</param>
    /// <param name="run">Runs a command on that host.</param>
    /// <param name="clock">The time that the host has.</param>
    /// <param name="recorded">Owners, modes and times of recorded files, by absolute path, in place of those on disk.</param>
    /// <param name="ask">Asks the network on behalf of that host; null: the network, where it is the running host, and nobody elsewhere.</param>
    public Machine(string root, RunCommand run, TimeProvider? clock = null, IReadOnlyDictionary<string, FileStatus>? recorded = null, AskWeb? ask = null)
    {
        IsLive = Path.GetFullPath(root) == "/";
        this.run = run;
        this.ask = ask ?? (IsLive ? Web.AskAsync : (request, _) => throw new IOException($"{request.Url.Authority}: only the live host can be asked"));
        this.recorded = recorded;
        Clock = clock ?? TimeProvider.System;
        rootHandle = Libc.Open(root, Libc.PathOnly | Libc.DirectoryOnly, out _) ?? throw Libc.Failure($"open {root}");
    }

    Machine(Machine machine, FileTrace? trace, SharedLooks? shared, Position? position, Reader? reader)
    {
        (run, ask, rootHandle, recorded, Clock, IsLive) = (machine.run, machine.ask, machine.rootHandle, machine.recorded, machine.Clock, machine.IsLive);
        (this.trace, this.shared, this.position, this.reader) = (trace, shared, position, reader);
    }

    /// <summary>True for this running host; false for a directory, where sockets and processes can only be read from files.</summary>
    public bool IsLive { get; }

    public TimeProvider Clock { get; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    /// <summary>The same machine; what is looked at through it is written into <paramref name="files"/>.</summary>
    public Machine WithTrace(FileTrace files) => new(this, files, shared, position, reader);

    /// <summary>The same machine; which file is looked at through it stands in <paramref name="at"/>.</summary>
    public Machine WithPosition(Position at) => new(this, trace, shared, at, reader);

    /// <summary>The same machine, for what changes all the time (logs, counters): a change of it does not start the check again.</summary>
    public Machine Unwatched() => new(this, null, shared, position, reader);

    /// <summary>Who looks through this machine depends on these files as if he had looked at them.</summary>
    public void DependOn(FileTrace files) => trace?.Add(files);

    /// <summary>The same machine for one sweep: what <see cref="ShareAsync"/> looks at, it looks at once.</summary>
    public Machine ForSweep() => new(this, trace, new SharedLooks(), position, reader);

    /// <summary>A look that several checks need: within a sweep it is done once, for whoever asks first.</summary>
    /// <param name="key">Names the question; equal keys are one question.</param>
    /// <exception cref="Exception">What the look threw, for everybody who asks.</exception>
    public Task<T> ShareAsync<T>(object key, Func<Machine, Task<T>> look) where T : notnull =>
        shared is null ? look(this) : shared.AskAsync(key, trace, files => look(WithTrace(files)));

    /// <summary>The same for a look that does not wait: who asks in the meantime is held up until it is done.</summary>
    /// <inheritdoc cref="ShareAsync"/>
    public T Share<T>(object key, Func<Machine, T> look) where T : notnull =>
        ShareAsync(key, host => Task.FromResult(look(host))).GetAwaiter().GetResult();

    /// <summary>Runs a program with exactly these arguments: no shell, fixed environment, limits on time and output.</summary>
    /// <exception cref="CommandException">It cannot be started, takes too long or prints too much.</exception>
    public Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancel) =>
        run(program, arguments, cancel);

    /// <summary>Sends a request over HTTP on behalf of this host: no proxy, no redirects, limits on time and size.</summary>
    /// <exception cref="IOException">There is no answer.</exception>
    public Task<WebAnswer> AskAsync(WebRequest request, CancellationToken cancel) => ask(request, cancel);
}
