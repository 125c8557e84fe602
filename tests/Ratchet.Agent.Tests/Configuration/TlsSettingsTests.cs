using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Configuration;

public sealed class TlsSettingsTests
{
    static string Place(PortEntry entry) => Assert.Single(SettingsRules.Broken(new Settings { Ports = new PortSettings { Allow = [entry] } })).Place;

    [Fact]
    public void What_a_port_speaks_is_said_of_TCP_alone_with_names_that_exist()
    {
        var port = new PortRange(443, 443);
        Assert.Equal("$.ports.allow[0].wire", Place(new PortEntry { Port = port, Protocol = "udp", Wire = Wire.Tls }));
        Assert.Equal("$.ports.allow[0].names", Place(new PortEntry { Port = port, Wire = Wire.Plain, Names = ["a.example"] }));
        Assert.Equal("$.ports.allow[0].names[1]", Place(new PortEntry { Port = port, Wire = Wire.Tls, Names = ["a.example", "a\r\nHost: b"] }));
        Assert.Equal("$.ports.allow[0].names", Place(new PortEntry { Port = port, Names = [.. Enumerable.Range(0, 17).Select(i => $"a{i}.example")] }));
        Assert.Empty(SettingsRules.Broken(new Settings { Ports = new PortSettings { Allow = [new PortEntry { Port = port, Wire = Wire.Redirect, Names = ["a.example"] }] } }));
    }

    [Fact]
    public void Paths_are_absolute_and_renewal_is_within_a_year()
    {
        var broken = SettingsRules.Broken(new Settings { Tls = new TlsSettings { CertificateAuthority = "ca.pem", Certificates = ["x"], Renewal = TimeSpan.FromDays(400) } });
        Assert.Equal(["$.tls.certificateAuthority", "$.tls.certificates[0]", "$.tls.renewal"], broken.Select(rule => rule.Place));
    }
}
