using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Configuration;

public sealed class DiskSettingsTests
{
    static Settings Load(string disk)
    {
        var folder = Directory.CreateTempSubdirectory("ratchet-settings-");
        try
        {
            var file = Path.Combine(folder.FullName, "agent.json");
            File.WriteAllText(file, $"{{ \"disk\": {disk} }}");
            return SettingsFile.Load(file, new Dictionary<string, string>()).Settings;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Data_layer_and_volumes_are_read()
    {
        var disk = Load("""{ "data": ["/srv/pg"], "layer": "either", "volumes": [{ "id": "vol-1", "encrypted": true, "attestedBy": "ops", "at": "2026-10-01" }] }""").Disk;
        Assert.Equal(("/srv/pg", DiskLayer.Either), (disk.Data[0], disk.Layer));
        Assert.Equal(new VolumeSettings { Id = "vol-1", Encrypted = true, AttestedBy = "ops", At = new DateOnly(2026, 10, 1) }, disk.Volumes[0]);
        Assert.Equal(DiskLayer.Guest, Load("{}").Disk.Layer);
    }

    [Theory]
    [InlineData("""{ "data": ["srv"] }""", "$.disk.data[0]")]
    [InlineData("""{ "layer": "both" }""", "$.disk.layer")]
    [InlineData("""{ "layer": 1 }""", "$.disk.layer")]
    [InlineData("""{ "volumes": [{ "id": "vol-1", "encrypted": true, "attestedBy": "ops" }] }""", "missing: 'at'")]
    [InlineData("""{ "volumes": [{ "id": "vol-1", "attestedBy": "ops", "at": "2026-10-01" }] }""", "missing: 'encrypted'")]
    [InlineData("""{ "volumes": [{ "id": " ", "encrypted": true, "attestedBy": "ops", "at": "2026-10-01" }] }""", "$.disk.volumes[0].id")]
    [InlineData("""{ "volumes": [{ "id": "v", "encrypted": true, "attestedBy": "", "at": "2026-10-01" }] }""", "$.disk.volumes[0].attestedBy")]
    [InlineData("""{ "volumes": [{ "id": "v", "encrypted": true, "attestedBy": "o", "at": "2026-10-01" }, { "id": "v", "encrypted": false, "attestedBy": "o", "at": "2026-10-01" }] }""", "$.disk.volumes[1].id")]
    [InlineData("""{ "secret": 1 }""", "unknown key")]
    public void What_is_impossible_is_refused_with_its_place(string disk, string words) =>
        Assert.Contains(words, Assert.Throws<SettingsException>(() => Load(disk)).Message, StringComparison.Ordinal);
}
