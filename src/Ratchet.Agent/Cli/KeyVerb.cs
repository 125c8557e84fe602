using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Records;
using Ratchet.Agent.Service;

namespace Ratchet.Agent.Cli;

/// <summary><c>key show</c> and <c>key rotate</c>.</summary>
static class KeyVerb
{
    static readonly TimeSpan RotationLimit = TimeSpan.FromSeconds(30);

    public static Verb Build(Setup setup)
    {
        var show = new Verb("show", "print the host's public key as JWK; the first call makes the key");
        show.SetAction((arguments, _) => Setup.GuardAsync(() =>
        {
            var settings = setup.Load(arguments).Settings;
            Console.WriteLine(PublicKeyOf(settings).ToJson());
            return Task.FromResult(Exit.Good);
        }));
        var rotate = new Verb("rotate", "make a new key: the old one signs its successor");
        rotate.SetAction((arguments, cancel) => Setup.GuardAsync(() => RotateAsync(setup.Load(arguments).Settings, cancel)));
        return new Verb("key", "the key that signs this host's records") { show, rotate };
    }

    static Speaker SpeakerOf(Settings settings) => Speaker.Of(new Machine("/", Probes.Command.RunAsync), settings.Host);

    static PublicKey PublicKeyOf(Settings settings)
    {
        var speaker = SpeakerOf(settings);
        using var key = Ledger.ReadKey(settings.State, speaker);
        if (key is not null) return key.ToPublicKey(speaker.Name);
        using var ledger = Ledger.Open(settings.State, speaker, TimeProvider.System);
        return ledger.PublicKey;
    }

    /// <summary>A running service alone writes records: it is asked, and this waits for the new key.</summary>
    static async Task<int> RotateAsync(Settings settings, CancellationToken cancel)
    {
        var free = Ledger.TryLock(settings.State);
        if (free is not null)
        {
            await free.DisposeAsync();
            using var ledger = Ledger.Open(settings.State, SpeakerOf(settings), TimeProvider.System);
            ledger.RotateKey();
        }
        else if (!await AskServiceAsync(settings, cancel))
        {
            await Console.Error.WriteLineAsync($"ratchet-agent: the running service has not replaced the key within {RotationLimit.TotalSeconds} s; see its journal");
            return Exit.Bad;
        }
        Console.WriteLine(PublicKeyOf(settings).ToJson());
        return Exit.Good;
    }

    static async Task<bool> AskServiceAsync(Settings settings, CancellationToken cancel)
    {
        var before = PublicKeyOf(settings).Id;
        KeyRotation.Request(settings.State);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(RotationLimit);
        try
        {
            while (PublicKeyOf(settings).Id == before) await Task.Delay(100, limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
