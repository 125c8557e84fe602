using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// lib/org/apache/catalina/util/ServerInfo.properties overrides the name that Tomcat calls itself, in error pages and in its log. It
/// hides the version; it never tells the real one.
/// </summary>
static class ServerInfo
{
    public static bool HidesVersion(Machine machine, Instance instance) =>
        new[] { instance.Base, instance.Home }.OfType<string>().Distinct()
            .Select(directory => machine.ReadText($"{directory}/lib/org/apache/catalina/util/ServerInfo.properties", 64 << 10)).FirstOrDefault(text => text is not null) is { } text
        && JavaProperties.Parse(text).GetValueOrDefault("server.info") is { } info && !info.Any(char.IsAsciiDigit);
}
