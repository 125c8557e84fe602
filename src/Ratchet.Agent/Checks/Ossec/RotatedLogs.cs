using System.Globalization;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Checks.Ossec;

/// <summary>
/// Where older logs lie, the newest first: beside the log by logrotate (<c>ossec.log.1</c>, <c>ossec.log-20261121.gz</c>), or
/// by Wazuh itself in logs/wazuh (earlier logs/ossec), <c>YYYY/Mon/ossec-DD.log</c> and <c>ossec-DD-NNN.log.gz</c>.
/// </summary>
static class RotatedLogs
{
    const int MonthLimit = 2;

    static readonly string[] Own = ["wazuh", "ossec"];

    public static IEnumerable<string> Find(Machine machine, Installation installation)
    {
        var logs = installation.Directory + "/logs";
        var beside = (machine.List(logs) ?? []).Where(name => name.StartsWith("ossec.log", StringComparison.Ordinal) && name.Length > "ossec.log".Length).Select(name => $"{logs}/{name}");
        var own = Own.SelectMany(name => Months(machine, $"{logs}/{name}"));
        return beside.Concat(own).Select(path => (Path: path, Status: machine.Status(path, follow: false)))
            .Where(file => file.Status?.Kind == FileKind.Regular)
            .OrderByDescending(file => file.Status!.Modified).Select(file => file.Path).ToArray();
    }

    /// <summary>The logs of the last two months that there are.</summary>
    static IEnumerable<string> Months(Machine machine, string directory)
    {
        var months = from year in machine.List(directory) ?? []
                     where year.Length == 4 && int.TryParse(year, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                     from month in machine.List($"{directory}/{year}") ?? []
                     let number = Array.IndexOf(CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedMonthNames, month)
                     where number is >= 0 and < 12
                     orderby year descending, number descending
                     select $"{directory}/{year}/{month}";
        return months.Take(MonthLimit).SelectMany(month => (machine.List(month) ?? [])
            .Where(name => name.StartsWith("ossec-", StringComparison.Ordinal) && (name.EndsWith(".log", StringComparison.Ordinal) || name.EndsWith(".log.gz", StringComparison.Ordinal)))
            .Select(name => $"{month}/{name}"));
    }
}
