using System.Text.Json.Nodes;

namespace Ratchet.Agent.Records;

/// <summary>Where a host stands in AWS, as its verified identity document says.</summary>
/// <param name="Account">12 digits.</param>
/// <param name="Zone">The availability zone; null where the document has none.</param>
/// <param name="Type">The instance type.</param>
sealed record CloudPlace(string Account, string Region, string? Zone, string Instance, string? Type)
{
    /// <summary>As <c>cloud</c> of the Elastic Common Schema.</summary>
    public JsonObject ToJson()
    {
        var cloud = new JsonObject
        {
            ["provider"] = "aws", ["service"] = new JsonObject { ["name"] = "EC2" }, ["account"] = new JsonObject { ["id"] = Account },
            ["region"] = Region, ["instance"] = new JsonObject { ["id"] = Instance },
        };
        if (Zone is not null) cloud["availability_zone"] = Zone;
        if (Type is not null) cloud["machine"] = new JsonObject { ["type"] = Type };
        return cloud;
    }
}

/// <summary>The place as it is known by now: records of a process carry it from when it was verified.</summary>
sealed class Cloud
{
    /// <summary>Null until an identity document was verified, and again when one turned out to be false.</summary>
    public CloudPlace? Place
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }
}
