using System.CommandLine;
using Ratchet.Agent.Checks.Aws;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;

namespace Ratchet.Agent.Cli;

/// <summary>
/// <c>key show</c>, <c>key prepare</c> and <c>key rotate</c>. A rotation in two steps lets the receivers learn the successor before
/// the first record that it signs: prepare, enrol what <c>key show --next</c> prints, rotate.
/// </summary>
static class KeyVerb
{
    static readonly TimeSpan ServiceLimit = TimeSpan.FromSeconds(30);

    public static Verb Build(Setup setup)
    {
        var next = new Option<bool>("--next") { Description = "the key that the next rotation goes on with, once it is prepared" };
        var show = new Verb("show", "print the host's public key as JWK; the first call makes the key") { next };
        show.SetAction((arguments, _) => Setup.GuardAsync(() => Task.FromResult(Show(Load(setup, arguments), arguments.GetValue(next)))));
        var prepare = new Verb("prepare", "make the successor of the key and print it; the next rotation goes on with it");
        prepare.SetAction((arguments, cancel) => Setup.GuardAsync(() => PrepareAsync(Load(setup, arguments), cancel)));
        var rotate = new Verb("rotate", "go on with the prepared key, or a new one: the old key signs its successor");
        rotate.SetAction((arguments, cancel) => Setup.GuardAsync(() => RotateAsync(Load(setup, arguments), cancel)));
        return new Verb("key", "the key that signs this host's records") { show, prepare, rotate };
    }

    static Settings Load(Setup setup, ParseResult arguments)
    {
        var settings = setup.Load(arguments).Settings;
        StateOwner.Become(settings.State);
        return settings;
    }

    static int Show(Settings settings, bool isNext)
    {
        if ((isNext ? NextKeyOf(settings) : PublicKeyOf(settings)) is { } shown)
        {
            Console.WriteLine(shown.ToJson());
            return Exit.Good;
        }
        Console.Error.WriteLine("ratchet-agent: no successor of the key is prepared: ratchet-agent key prepare makes it");
        return Exit.Bad;
    }

    static async Task<int> PrepareAsync(Settings settings, CancellationToken cancel)
    {
        if (NextKeyOf(settings) is null && !await DoAsync(settings, KeyRotation.Prepare, ledger => ledger.PrepareKey(), () => NextKeyOf(settings) is not null, cancel)) return Exit.Bad;
        return Show(settings, isNext: true);
    }

    static async Task<int> RotateAsync(Settings settings, CancellationToken cancel)
    {
        var before = PublicKeyOf(settings).Id;
        if (!await DoAsync(settings, KeyRotation.Rotate, ledger => ledger.RotateKey(), () => PublicKeyOf(settings).Id != before, cancel)) return Exit.Bad;
        return Show(settings, isNext: false);
    }

    /// <summary>A running service alone writes keys and records: it is asked, and this waits until it has done the step.</summary>
    static async Task<bool> DoAsync(Settings settings, string step, Action<Ledger> own, Func<bool> isDone, CancellationToken cancel)
    {
        Directory.CreateDirectory(settings.State, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var free = Ledger.TryLock(settings.State);
        if (free is not null)
        {
            await free.DisposeAsync();
            using var ledger = LedgerOf(settings);
            own(ledger);
            return true;
        }
        KeyRotation.Request(settings.State, step);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ServiceLimit);
        try
        {
            while (!isDone()) await Task.Delay(100, limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"ratchet-agent: the running service has not done {step} within {ServiceLimit.TotalSeconds} s; see its journal");
            return false;
        }
    }

    static Speaker SpeakerOf(Settings settings) => Speaker.Of(new Machine("/", Probes.Command.RunAsync), settings.Host);

    /// <summary>For who writes records, which say where in the cloud the host stands.</summary>
    static Ledger LedgerOf(Settings settings)
    {
        var aws = new AwsSurvey();
        aws.LearnPlaceAsync(new Machine("/", Probes.Command.RunAsync), settings.Aws, CancellationToken.None).GetAwaiter().GetResult();
        return Ledger.Open(settings.State, SpeakerOf(settings) with { Cloud = aws.Cloud }, TimeProvider.System);
    }

    static PublicKey PublicKeyOf(Settings settings)
    {
        var speaker = SpeakerOf(settings);
        using var key = Ledger.ReadKey(settings.State, speaker);
        if (key is not null) return key.ToPublicKey(speaker.Name);
        if (new Machine("/", Probes.Command.RunAsync).Stamp(Path.GetFullPath(Path.Combine(settings.State, "chain.json"))) != 0)
            throw new IOException($"{settings.State}: has a chain and no key. Where the key is a credential of the service, ask with it: systemd-run --pipe -p LoadCredentialEncrypted={SealedKey.Name} ratchet-agent key show. Else it is lost: the next start of the service makes a new one and says so");
        using var ledger = LedgerOf(settings);
        return ledger.PublicKey;
    }

    static PublicKey? NextKeyOf(Settings settings)
    {
        using var next = Ledger.ReadNextKey(settings.State);
        return next?.ToPublicKey(SpeakerOf(settings).Name);
    }
}
