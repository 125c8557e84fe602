namespace Ratchet.Agent.Probes;

/// <summary>
/// How the file system encrypts a directory (fscrypt, FS_IOC_GET_ENCRYPTION_POLICY_EX). The policy names the key, which is
/// left out here, and the modes, by the numbers of linux/fscrypt.h.
/// </summary>
sealed record EncryptionPolicy(int Version, string Contents, string FileNames)
{
    const int Header = 8, Room = 24;

    /// <summary>The policy of a directory of this host; null where it has none, or there is no such directory.</summary>
    /// <exception cref="IOException">The directory may not be opened, or the kernel refuses the question.</exception>
    public static EncryptionPolicy? Of(Machine machine, string directory)
    {
        const int noData = 61, notSupported = 95, noSuchCall = 25;
        using var handle = machine.OpenDirectory(directory);
        if (handle is null) return null;
        Span<byte> argument = stackalloc byte[Header + Room];
        argument.Clear();
        argument[0] = Room;
        if (Libc.TryGetEncryptionPolicy(handle, argument, out var error)) return Parse(argument[Header..]);
        return error is noData or notSupported or noSuchCall ? null : throw Libc.Failure($"{directory}: encryption policy");
    }

    /// <summary>Both versions begin with version, contents mode and file names mode, a byte each.</summary>
    public static EncryptionPolicy Parse(ReadOnlySpan<byte> policy) =>
        policy is [0 or 2, var contents, var names, ..]
            ? new EncryptionPolicy(policy[0], Mode(contents), Mode(names))
            : throw new IOException("encryption policy of an unknown version");

    static string Mode(byte number) => number switch
    {
        1 => "AES-256-XTS",
        4 => "AES-256-CBC-CTS",
        5 => "AES-128-CBC-ESSIV",
        6 => "AES-128-CBC-CTS",
        7 => "SM4-XTS",
        8 => "SM4-CBC-CTS",
        9 => "Adiantum",
        10 => "AES-256-HCTR2",
        _ => $"mode {number}",
    };
}
