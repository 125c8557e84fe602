using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Probes;

public sealed class MissingCapabilityTests
{
    const ulong None = 0, DacReadSearch = 1ul << 2, SysPtrace = 1ul << 19;

    [Theory]
    [InlineData("/etc/shadow", None, " (CAP_DAC_READ_SEARCH is missing)")]
    [InlineData("/etc/shadow", SysPtrace, " (CAP_DAC_READ_SEARCH is missing)")]
    [InlineData("/proc/7/fd", None, " (CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH are missing)")]
    [InlineData("/proc/7/fd", SysPtrace, " (CAP_DAC_READ_SEARCH is missing)")]
    [InlineData("/proc/7/exe", DacReadSearch, " (CAP_SYS_PTRACE is missing)")]
    [InlineData("/proc/7/root/etc/ssh", DacReadSearch, " (CAP_SYS_PTRACE is missing)")]
    [InlineData("/proc/net/tcp", SysPtrace, " (CAP_DAC_READ_SEARCH is missing)")]
    // Refused all the same: by a policy of another kind, and no capability would help.
    [InlineData("/etc/shadow", DacReadSearch, "")]
    [InlineData("/proc/7/exe", DacReadSearch | SysPtrace, "")]
    public void A_refused_look_names_the_capability_that_it_takes(string path, ulong effective, string expected) =>
        Assert.Equal(expected, MissingCapability.Of(path, effective));
}
