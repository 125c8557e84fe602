namespace Ratchet.Agent.Checks.Disk;

/// <summary>Turns how a stack protects what lies on it into a finding.</summary>
static class DiskVerdict
{
    /// <param name="what">What is judged, as the beginning of a sentence.</param>
    public static Finding Of(Rule rule, string subject, string what, Layer layer, Protection protection, Evidence evidence)
    {
        Describe(layer, evidence);
        return protection switch
        {
            (Cover.Encrypted, null) => Finding.Pass(rule, subject, $"{what} is encrypted on every path down", evidence),
            (Cover.Encrypted, { } how) => Finding.Pass(rule, subject, $"{what} is encrypted: {how}", evidence),
            (Cover.Memory, _) => Finding.Pass(rule, subject, $"{what} is in memory only", evidence),
            (Cover.Unknown, { } reason) => Finding.Unknown(rule, subject, reason, evidence),
            (Cover.Partly, { } reason) => Finding.Fail(rule, subject, $"{what} is encrypted in part only: {reason}", evidence),
            var (_, reason) => Finding.Fail(rule, subject, $"{what} is not encrypted: {reason}", evidence),
        };
    }

    /// <summary>The drawing, each path where there are several, and the disks at their ends.</summary>
    public static void Describe(Layer layer, Evidence evidence)
    {
        evidence.Add("stack", Stack.Draw(layer));
        var paths = Stack.Paths(layer);
        if (paths.Count > 1) evidence.Add("paths", paths);
        var volumes = layer.Reach().Select(below => below.Volume).OfType<Volume>().Where(volume => volume.Id is not null).Select(volume => volume.Id!).Order(StringComparer.Ordinal).ToArray();
        if (volumes.Length > 0) evidence.Add("volumes", volumes);
    }
}
