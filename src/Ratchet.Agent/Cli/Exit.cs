namespace Ratchet.Agent.Cli;

/// <summary>Exit codes that more than one verb uses.</summary>
static class Exit
{
    public const int Good = 0;
    public const int Bad = 1;
    public const int Unknown = 2;
    public const int NotRunning = 3;

    /// <summary>EX_CONFIG of sysexits.h: systemd does not restart a service for it where the unit says so.</summary>
    public const int Configuration = 78;
}
