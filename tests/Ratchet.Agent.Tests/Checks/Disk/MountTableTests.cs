using Ratchet.Agent.Checks.Disk;

namespace Ratchet.Agent.Tests.Checks.Disk;

public sealed class MountTableTests
{
    static MountTable Table(string text) => new(MountTable.Parse(text), "test");

    [Fact]
    public void Escapes_optional_fields_and_an_empty_source_are_read()
    {
        var mount = Assert.Single(MountTable.Parse("36 35 98:0 /a\\040b /mnt/c\\011\\134040 rw,noatime master:1 shared:2 - ext3  rw,x=a\\054b\n"));
        Assert.Equal(new Mount(36, 35, "98:0", "/a b", "/mnt/c\t\\040", "ext3", "", "rw,x=a\\054b"), mount);
        Assert.Equal("a,b", mount.Option("x"));
        Assert.Equal("", mount.Option("rw"));
        Assert.Null(mount.Option("r"));
    }

    [Theory]
    [InlineData("36 35 98:0 / /mnt rw - ext3 /dev/a rw")]
    [InlineData("36 35 98:0 / /mnt rw ext3 /dev/a rw\n")]
    [InlineData("36 35 98:0 / /mnt rw - ext3 /dev/a rw more\n")]
    [InlineData("36 35 98 / /mnt rw - ext3 /dev/a rw\n")]
    [InlineData("36 35 ../etc:1 / /mnt rw - ext3 /dev/a rw\n")]
    [InlineData("x 35 98:0 / /mnt rw - ext3 /dev/a rw\n")]
    [InlineData("36 35 98:0 / mnt rw - ext3 /dev/a rw\n")]
    [InlineData("36 35 98:0 / /mnt rw -  /dev/a rw\n")]
    [InlineData("\0\u0001\u0002\n")]
    public void A_malformed_line_is_an_error(string text) => Assert.Throws<FormatException>(() => MountTable.Parse(text));

    [Fact]
    public void A_path_lies_on_the_deepest_mount_and_whole_names_count()
    {
        var table = Table("1 0 8:0 / / rw - ext4 a rw\n2 1 8:1 / /srv rw - ext4 b rw\n3 2 8:2 / /srv/pg rw - ext4 c rw\n");
        Assert.Equal("8:2", table.Holding("/srv/pg/wal")!.Device);
        Assert.Equal("8:1", table.Holding("/srv/pgx")!.Device);
        Assert.Equal("8:0", table.Holding("/srvx")!.Device);
    }

    [Fact]
    public void A_mount_that_a_later_one_covers_holds_nothing()
    {
        var table = Table("1 0 8:0 / / rw - ext4 a rw\n2 1 8:1 / /a/b rw - ext4 b rw\n3 1 8:2 / /a rw - ext4 c rw\n4 3 8:3 / /a rw - ext4 d rw\n");
        Assert.Equal("8:3", table.Holding("/a/b/file")!.Device);
        Assert.DoesNotContain(table.Below("/a"), mount => mount.Device == "8:1");
    }

    [Fact]
    public void The_root_that_was_switched_to_covers_the_first_one()
    {
        var table = Table("1 1 0:2 / / rw - rootfs rootfs rw\n2 1 8:1 / / rw - ext4 b rw\n3 2 8:2 / /srv rw - ext4 c rw\n");
        Assert.Equal("8:1", table.Holding("/etc")!.Device);
        Assert.Equal("8:2", table.Holding("/srv")!.Device);
    }

    [Fact]
    public void Mounts_that_are_their_own_parents_do_not_hang()
    {
        Assert.Null(Table("1 2 8:0 / / rw - ext4 a rw\n2 1 8:1 / / rw - ext4 b rw\n").Holding("/"));
        Assert.NotNull(Table("1 0 8:0 / / rw - ext4 a rw\n2 1 8:1 / / rw - ext4 b rw\n1 2 8:2 / / rw - ext4 c rw\n").Holding("/"));
    }

    [Fact]
    public void Swap_areas_are_read_with_their_escapes()
    {
        Assert.Equal([new SwapArea("/dev/dm-1", false), new SwapArea("/swap file", true), new SwapArea("/gone", true)],
            SwapTable.Parse("Filename\t\t\t\tType\n/dev/dm-1   partition\t2\t0\t-2\n/swap\\040file  file\t2\t0\t-3\n/gone\\040(deleted)  file\t2\t0\t-3\n"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Filename")]
    [InlineData("/dev/sda1 partition 2 0 -2\n")]
    [InlineData("Filename\n/dev/sda1 socket 2 0 -2\n")]
    [InlineData("Filename\n/dev/sda1 partition 2\n")]
    public void A_malformed_swap_table_is_an_error(string text) => Assert.Throws<FormatException>(() => SwapTable.Parse(text));

    [Fact]
    public void Crypttab_is_read_as_it_is_written()
    {
        var entries = Crypttab.Parse("# comment\n\nroot UUID=1 none luks,discard\r\nswap\t/dev/sda2 /dev/urandom swap,cipher=aes-cbc-plain,size=128 # five\nb /dev/b -\nc /dev/c /k\\040ey luks,header=/h,header=/h2\n");
        Assert.Equal(["root", "swap", "b", "c"], entries.Select(entry => entry.Name));
        Assert.Equal([null, "/dev/urandom", null, "/k ey"], entries.Select(entry => entry.Key));
        Assert.Equal("/h2", entries[3].Option("header"));
        Assert.Equal(new Cipher("aes-cbc-plain", 128), entries[1].Cipher);
        Assert.Throws<FormatException>(() => Crypttab.Parse("alone\n"));
    }
}
