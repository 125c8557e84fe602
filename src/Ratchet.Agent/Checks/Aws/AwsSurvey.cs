using Ratchet.Agent.Checks.Time;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;

namespace Ratchet.Agent.Checks.Aws;

/// <summary>
/// Asks the metadata service, and where the site wants it the EC2 API, and remembers: a sweep costs nothing. One for the process, so
/// that a reload and the records use what was verified before.
/// </summary>
/// <param name="patience">How long a sweep waits for answers: who is slow delays no other check, and is judged when it has spoken.</param>
/// <param name="clock">What dates are held against.</param>
sealed class AwsSurvey(TimeSpan? patience = null, HostClock? clock = null)
{
    static readonly TimeSpan Lifetime = TimeSpan.FromHours(1), ProblemLifetime = TimeSpan.FromMinutes(15);

    /// <summary>Each request without a token counts in the account's MetadataNoToken metric, by which its owner looks for users of the first version.</summary>
    static readonly TimeSpan TokenlessLifetime = TimeSpan.FromDays(1);

    /// <summary>How long answers are waited for at all.</summary>
    static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    readonly TimeSpan patience = patience ?? TimeSpan.FromSeconds(3);

    readonly Lock gate = new();
    AwsSettings? asked;
    Task<AwsFacts>? running;
    AwsFacts? last;
    TokenlessAnswer? tokenless;
    bool isMissed;

    /// <summary>For all who judge dates: who saw it right remembers that over a reload.</summary>
    public HostClock Clock { get; } = clock ?? new();

    public Cloud Cloud { get; } = new();

    /// <summary>Grows with each answer that somebody did not wait for: he judges again.</summary>
    public long Generation { get; private set; }

    /// <summary>What is known; where nothing is yet, what comes within a few seconds.</summary>
    public async Task<AwsFacts> LookAsync(Machine machine, Ec2Host host, AwsSettings settings, CancellationToken cancel)
    {
        Task<AwsFacts> look;
        lock (gate)
        {
            if (last is not null && asked == settings && IsCurrent(last, machine.Now)) return last;
            if (asked != settings || running is null)
            {
                (asked, last) = (settings, asked == settings ? last : null);
                // Not the sweep's token: an answer that comes late is for the next one.
                running = Task.Run(() => AskAsync(machine.Unwatched(), host, settings), CancellationToken.None);
            }
            look = running;
        }
        await Task.WhenAny(look, Task.Delay(patience, cancel));
        cancel.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (look.IsCompletedSuccessfully) return look.Result;
            isMissed = true;
            return last is not null && asked == settings ? last : AwsFacts.Nothing(machine.Now, $"the instance metadata service has not answered within {patience.TotalSeconds:0.#} s", settings.Api);
        }
    }

    /// <summary>What is attested of this instance: by the EC2 API where it is asked, else by the file.</summary>
    public async Task<Told<Attestation>> AttestedAsync(Machine machine, Ec2Host host, AwsSettings settings, AwsFacts facts, CancellationToken cancel) =>
        facts.Api ?? AttestationFile.Look(machine, settings, host, facts.Identity.Value?.Place, await Clock.AskAsync(machine, cancel));

    /// <summary>Asks at the start of the service, so that already its first record says where it stands.</summary>
    public async Task LearnPlaceAsync(Machine machine, AwsSettings settings, CancellationToken cancel)
    {
        try
        {
            if (Ec2Host.Find(machine) is { } host) await LookAsync(machine, host, settings, cancel);
        }
        catch (IOException)
        {
            // The check says what cannot be read.
        }
    }

    /// <summary>A clock that was set back ends it too.</summary>
    static bool IsCurrent(AwsFacts facts, DateTimeOffset now) => now >= facts.At && now - facts.At < (facts.HasProblem ? ProblemLifetime : Lifetime);

    async Task<AwsFacts> AskAsync(Machine machine, Ec2Host host, AwsSettings settings)
    {
        var at = machine.Now;
        using var limit = new CancellationTokenSource(AnswerLimit);
        AwsFacts facts;
        try
        {
            facts = await AskAsync(machine, host, settings, at, limit.Token);
        }
        catch (Exception e)
        {
            // Nobody else would hear of it: this is not the sweep's own task.
            facts = AwsFacts.Nothing(at, e is OperationCanceledException ? $"the answers take longer than {AnswerLimit.TotalSeconds:0} s" : e.Message, settings.Api);
        }
        lock (gate)
        {
            // A place that was verified stays through an outage, and goes when the document turns out to be false.
            if (facts.Identity.Value is { } identity) Cloud.Place = identity.Place;
            // Answers to the questions of a configuration that has been replaced are nobody's.
            if (asked == settings) (last, running) = (facts, null);
            if (isMissed) (Generation, isMissed) = (Generation + 1, false);
        }
        return facts;
    }

    async Task<AwsFacts> AskAsync(Machine machine, Ec2Host host, AwsSettings settings, DateTimeOffset at, CancellationToken cancel)
    {
        var service = new MetadataService(machine, new Uri(settings.Metadata));
        await service.OpenAsync(cancel);
        var time = await Clock.AskAsync(machine, cancel);
        var identity = await Told<Identity>.TryAsync(async () =>
            Identity.Judge(await service.ReadAsync("/latest/dynamic/instance-identity/rsa2048", cancel) ?? throw new IOException("the instance metadata service has no signed identity document"), host, machine, time, settings.Certificates));
        var refused = await Told<TokenlessAnswer>.TryAsync(() => WithoutTokenAsync(machine, service, cancel));
        var groups = await Told<AttachedGroups>.TryAsync(() => service.GroupsAsync(cancel));
        var api = !settings.Api ? null : await Told<Attestation>.TryAsync(() => new Ec2Api(machine, service, settings.Endpoint).AttestAsync(identity.Value?.Place ?? throw new IOException("the EC2 API is not asked: whose instance this is, is not verified"), cancel));
        return new AwsFacts(at, identity, refused, groups, api);
    }

    async Task<TokenlessAnswer> WithoutTokenAsync(Machine machine, MetadataService service, CancellationToken cancel)
    {
        var now = machine.Now;
        if (tokenless is { } known && now >= known.At && now - known.At < TokenlessLifetime) return known;
        var answer = await service.ReadWithoutTokenAsync(cancel);
        return tokenless = new TokenlessAnswer(now, answer.Status, IdentityDocument.IsInstanceId(System.Text.Encoding.UTF8.GetString(answer.Body).Trim()));
    }
}
