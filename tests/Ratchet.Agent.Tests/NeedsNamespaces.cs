namespace Ratchet.Agent.Tests;

/// <summary>A test that makes network namespaces and looks into other processes: skipped, and said so, where that is not possible.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NeedsNamespacesFactAttribute : FactAttribute
{
    public NeedsNamespacesFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root, to make network namespaces";
        else if (!Array.Exists(["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"], File.Exists)) Skip = "needs ip (iproute2)";
        else if (!Array.Exists(["/usr/bin/python3", "/usr/local/bin/python3"], File.Exists)) Skip = "needs python3, to listen in another namespace";
    }
}
