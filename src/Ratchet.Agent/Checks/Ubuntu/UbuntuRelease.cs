namespace Ratchet.Agent.Checks.Ubuntu;

/// <summary>
/// The releases of Ubuntu and their last days (ubuntu.com/about/release-cycle, distro-info-data of 2025-10-18). A date that has passed
/// stays true; one to come may be moved, so that a pass holds only as long as the table is fresh.
/// </summary>
/// <param name="End">Last day of updates for everybody.</param>
/// <param name="EsmEnd">Last day of updates for subscribers of Ubuntu Pro; null where there are none.</param>
sealed record UbuntuRelease(string Version, string Codename, DateOnly End, DateOnly? EsmEnd)
{
    /// <summary>Until when this table may be trusted.</summary>
    public static readonly DateOnly KnownUntil = new(2027, 10, 31);

    static readonly UbuntuRelease[] All =
    [
        new("14.04", "trusty", new(2019, 4, 25), new(2024, 4, 25)),
        new("16.04", "xenial", new(2021, 4, 30), new(2026, 4, 23)),
        new("18.04", "bionic", new(2023, 5, 31), new(2028, 4, 26)),
        new("20.04", "focal", new(2025, 5, 29), new(2030, 4, 23)),
        new("22.04", "jammy", new(2027, 6, 1), new(2032, 4, 21)),
        new("22.10", "kinetic", new(2023, 7, 20), null),
        new("23.04", "lunar", new(2024, 1, 25), null),
        new("23.10", "mantic", new(2024, 7, 11), null),
        new("24.04", "noble", new(2029, 5, 31), new(2034, 4, 25)),
        new("24.10", "oracular", new(2025, 7, 10), null),
        new("25.04", "plucky", new(2026, 1, 15), null),
        new("25.10", "questing", new(2026, 7, 9), null),
        new("26.04", "resolute", new(2031, 5, 29), new(2036, 4, 23)),
    ];

    public static UbuntuRelease? Find(string version) => Array.Find(All, release => release.Version == version);
}
