using System.Text;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Checks.Ports;

namespace Ratchet.Agent.Tests.Probes;

public sealed class SocketOwnersTests
{
    [Theory]
    [InlineData("socket:[4711]", 4711)]
    [InlineData("socket:[]", null)]
    [InlineData("socket:[4711", null)]
    [InlineData("socket:[-1]", null)]
    [InlineData("socket:[47x]", null)]
    [InlineData("socket:[99999999999999999999999]", null)]
    [InlineData("pipe:[4711]", null)]
    [InlineData("/tmp/socket:[4711]", null)]
    [InlineData("", null)]
    public void Only_a_socket_link_has_an_inode(string target, int? inode) => Assert.Equal((ulong?)inode, SocketOwners.Inode(Encoding.UTF8.GetBytes(target)));

    [Fact]
    public void Every_process_that_holds_a_socket_is_found_also_twice_and_one_that_ended_is_none()
    {
        using var host = new HostTree().Process(10, "/bin/a", "/", 0, 100, 200, 100).Process(11, "/bin/b", "/", 0, 300).Process(12, "/bin/c", "/", 0, 100);
        var owners = Find(host, [10, 11, 12, 13], [100, 200, 400], []);
        Assert.Equal([10, 12], owners.Of(100));
        Assert.Equal([10], owners.Of(200));
        Assert.Empty(owners.Of(400));
        Assert.Empty(owners.Of(0));
    }

    [Fact]
    public void A_socket_behind_a_thousand_others_is_found_while_nobody_else_holds_it()
    {
        using var host = new HostTree().Process(10, "/bin/a", "/", 0, [.. Enumerable.Range(1000, 1500)]);
        Assert.All([1000, 1030, 1031, 1700, 2499], inode => Assert.Equal([10], Find(host, [10], [(ulong)inode], []).Of((ulong)inode)));
    }

    [Fact]
    public void A_child_that_inherited_a_socket_is_found_also_where_its_number_is_high()
    {
        int[] many = [.. Enumerable.Range(1000, 500)];
        using var host = new HostTree().Process(10, "/bin/a", "/", 0).Link("/proc/10/fd/403", "socket:[1400]").Process(11, "/bin/a", "/", 0, many);
        Assert.Equal([10, 11], Find(host, [10, 11], [1400], []).Of(1400));
    }

    [Fact]
    public void What_nobody_holds_is_remembered_and_found_again_when_somebody_does()
    {
        using var host = new HostTree().Process(10, "/bin/a", "/", 0, 100);
        var orphans = new HashSet<ulong>();
        Find(host, [10], [100, 400], orphans);
        Assert.Equal([400ul], orphans);
        host.Process(11, "/bin/b", "/", 0, 400);
        Assert.Equal([11], Find(host, [10, 11], [100, 400], orphans).Of(400));
        Assert.Empty(orphans);
    }

    static SocketOwners Find(HostTree host, int[] processes, ulong[] inodes, HashSet<ulong> orphans) =>
        SocketOwners.Find(host.Machine, processes, inodes, orphans, CancellationToken.None);
}
