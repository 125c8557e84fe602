using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Tomcat;

/// <summary>
/// The table of contents of a jar, and small entries of it, read in place: a Spring Boot jar of 200 MB costs its central directory.
/// </summary>
/// <remarks>Layout: .ZIP File Format Specification (PKWARE APPNOTE), 4.3.12 and 4.3.16. Numbers are little endian.</remarks>
sealed class JarFile : IDisposable
{
    const int EndLength = 22, CommentLimit = 65535, EntryLength = 46, DirectoryLimit = 16 << 20, ContentLimit = 1 << 20;
    const uint EndMark = 0x06054b50, EntryMark = 0x02014b50, LocalMark = 0x04034b50;

    readonly SafeFileHandle handle;
    readonly string path;
    readonly byte[] directory;

    JarFile(SafeFileHandle handle, string path)
    {
        (this.handle, this.path) = (handle, path);
        directory = ReadDirectory();
    }

    /// <summary>Null where there is no such file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no jar, or cut off.</exception>
    public static JarFile? Open(Machine machine, string path)
    {
        var file = machine.OpenFile(path);
        if (file is null) return null;
        try
        {
            return new JarFile(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The names of its entries.</summary>
    public IEnumerable<string> Names() => Entries().Select(entry => entry.Name);

    /// <summary>An entry as text, or null where there is none of that name.</summary>
    public string? Read(string name)
    {
        var found = Entries().FirstOrDefault(entry => entry.Name == name);
        if (found.Name is null) return null;
        var local = Bytes(found.Offset, 30);
        if (BinaryPrimitives.ReadUInt32LittleEndian(local) != LocalMark) throw Damaged();
        var start = found.Offset + 30 + BinaryPrimitives.ReadUInt16LittleEndian(local.AsSpan(26)) + BinaryPrimitives.ReadUInt16LittleEndian(local.AsSpan(28));
        if (found.Compressed > ContentLimit) throw Damaged();
        var content = Bytes(start, (int)found.Compressed);
        if (found.Method == 0) return Encoding.UTF8.GetString(content);
        if (found.Method != 8) throw Damaged();
        try
        {
            using var inflated = new DeflateStream(new MemoryStream(content), CompressionMode.Decompress);
            var buffer = new byte[ContentLimit];
            var length = inflated.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length < buffer.Length ? Encoding.UTF8.GetString(buffer, 0, length) : throw new FormatException($"{path}: {name} has more than the {ContentLimit} bytes that are read");
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }
    }

    public void Dispose() => handle.Dispose();

    byte[] ReadDirectory()
    {
        var length = RandomAccess.GetLength(handle);
        var tail = Bytes(Math.Max(0, length - EndLength - CommentLimit), (int)Math.Min(length, EndLength + CommentLimit));
        for (var i = tail.Length - EndLength; i >= 0; i--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(i)) != EndMark) continue;
            var (size, offset) = (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(i + 12)), BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(i + 16)));
            return size > DirectoryLimit ? throw new FormatException($"{path}: has a larger table of contents than a jar has") : Bytes(offset, (int)size);
        }
        throw Damaged();
    }

    IEnumerable<(string Name, ushort Method, long Compressed, long Offset)> Entries()
    {
        for (var i = 0; i < directory.Length;)
        {
            if (directory.Length - i < EntryLength || BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan(i)) != EntryMark) throw Damaged();
            int U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(directory.AsSpan(i + at));
            uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan(i + at));
            var name = U16(28);
            if (directory.Length - i - EntryLength < name) throw Damaged();
            yield return (Encoding.UTF8.GetString(directory, i + EntryLength, name), (ushort)U16(10), U32(20), U32(42));
            i += EntryLength + name + U16(30) + U16(32);
        }
    }

    byte[] Bytes(long offset, int count)
    {
        var bytes = new byte[count];
        var length = 0;
        while (length < count && RandomAccess.Read(handle, bytes.AsSpan(length), offset + length) is > 0 and var read) length += read;
        return length == count ? bytes : throw Damaged();
    }

    FormatException Damaged() => new($"{path}: is no jar, or damaged");
}
