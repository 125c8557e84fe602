using Ratchet.Agent.Shipping;

namespace Ratchet.Agent.Records;

/// <summary>The signing key of a state directory and its prepared successor.</summary>
/// <param name="directory">The state directory.</param>
sealed class KeyFiles(string directory)
{
    readonly string path = SealedKey.Path ?? Path.Combine(directory, "key.pem"), nextPath = Path.Combine(directory, "key.next.pem");

    /// <summary>The key to sign with; null where none was made.</summary>
    /// <exception cref="InvalidDataException">The file holds no P-256 key.</exception>
    public SigningKey? Read() => SigningKey.Load(path);

    /// <summary>The prepared successor; null where none is prepared.</summary>
    /// <exception cref="InvalidDataException">The file holds no P-256 key.</exception>
    public SigningKey? ReadNext() => SigningKey.Load(nextPath);

    public void Save(SigningKey key) => key.Save(path);

    /// <summary>The prepared successor, made where it is not made yet.</summary>
    /// <exception cref="IOException">It cannot be written, or the key is a credential, which only the service manager replaces.</exception>
    public SigningKey Prepare()
    {
        if (SealedKey.Path is { } credential) throw new IOException($"{credential}: the key is a credential of systemd; seal a new one in its place and restart the service");
        return ReadNext() ?? Replacement();
    }

    /// <summary>A new key in the successor's place, whatever stood there.</summary>
    public SigningKey Replacement()
    {
        var made = SigningKey.Create();
        made.Save(nextPath);
        return made;
    }

    /// <summary>Puts the successor in the key's place.</summary>
    public void Promote() => DurableFile.Rename(nextPath, path);

    /// <summary>The key that a head names, and whether it still has to be saved. A rotation that a crash cut short is completed, or its key stays prepared.</summary>
    /// <param name="headKeyId">The id of the key that signs what follows the head; null where there is no head.</param>
    public (SigningKey Key, bool IsNew) Resume(string? headKeyId)
    {
        var next = ReadNext();
        if (next is not null && headKeyId == next.Id)
        {
            Promote();
            return (next, false);
        }
        next?.Dispose();
        return Read() is { } current ? (current, false) : (SigningKey.Create(), true);
    }
}
