using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Access;

/// <summary>The roles of one cluster that may log in.</summary>
/// <param name="Roles">Null where they are not known; <paramref name="Reason"/> says why.</param>
/// <param name="Runs">A stopped cluster lets nobody in.</param>
sealed record ClusterRoles(string Cluster, IReadOnlyList<LoginRole>? Roles, bool Runs, string? Reason)
{
    /// <summary>From the answer that the PostgreSQL rules are judged by.</summary>
    public static async Task<IReadOnlyList<ClusterRoles>> ReadAsync(Machine machine, ServerClient client, CancellationToken cancel)
    {
        var clusters = await client.ClustersAsync(machine);
        return await Task.WhenAll(clusters.Select(cluster => OfAsync(machine, client, cluster, cancel)));
    }

    static async Task<ClusterRoles> OfAsync(Machine machine, ServerClient client, Cluster cluster, CancellationToken cancel)
    {
        if (cluster.Problem is { } problem) return new ClusterRoles(cluster.Subject, null, true, problem);
        if (cluster.Server is null) return new ClusterRoles(cluster.Subject, null, false, "it is stopped");
        try
        {
            var roles = (await client.AskAsync(machine, cluster, cancel)).LoginRoles;
            return roles.Count > 0 ? new ClusterRoles(cluster.Subject, roles, true, null) : new ClusterRoles(cluster.Subject, null, true, "the server names no role that may log in");
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return new ClusterRoles(cluster.Subject, null, true, e.Message);
        }
    }
}
