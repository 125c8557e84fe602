using System.Net;

namespace Ratchet.Agent.Checks.Tls;

/// <summary>
/// Asks a listener on all addresses: through loopback, and where one handshake through an address of the host's own shows something
/// else, there too. One socket may serve several servers, by the address that is called (nginx, Apache), and other hosts call none of
/// loopback.
/// </summary>
sealed class WildcardProbe(ListenerProbe first, IReadOnlyList<IPEndPoint> others)
{
    /// <summary>Never throws for what a server does: that is a fact.</summary>
    public async Task<WireFacts> AskAsync(CancellationToken cancel)
    {
        var facts = await first.AskAsync(cancel);
        var (different, isAlike) = (new List<WireFacts>(), others.Count == 0);
        foreach (var place in others)
        {
            if (await first.IsAlikeAsync(place, facts, cancel)) isAlike = true;
            else different.Add(At(place, await first.At(place).AskAsync(cancel)));
        }
        // What loopback alone is shown no other host sees.
        return (isAlike ? different.Prepend(facts) : different).Aggregate(Worse);
    }

    static WireFacts At(IPEndPoint place, WireFacts facts) =>
        facts with { Said = facts.Said.Length == 0 ? "" : $"at {place}: {facts.Said}", Names = [.. facts.Names.Select(name => name with { Place = place })] };

    static WireFacts Worse(WireFacts one, WireFacts other) =>
        Rank(other) > Rank(one) ? other
        : Rank(other) < Rank(one) || one.Names.Count == 0 ? one
        : one with { Names = [.. one.Names, .. other.Names] };

    static int Rank(WireFacts facts) => facts.Speech switch { Speech.Tls => 0, Speech.Unclear => 1, Speech.OldTls => 2, _ => 3 };
}
