using System.Text;

namespace Ratchet.Agent.Tests.Checks.Salt;

/// <summary>Returns of jobs as Salt's minion packs them.</summary>
static class SaltReturns
{
    /// <param name="states">Key, result, and how many changes.</param>
    public static byte[] Of(string function, string[] arguments, params (string Key, bool? Result, int Changes)[] states) => Map(
        ("jid", Text("20261121")),
        ("return", Map([.. states.Select(state => (state.Key, Map(("comment", Text("x")), ("result", Truth(state.Result)), ("duration", [0xCB, 0, 0, 0, 0, 0, 0, 0, 0]), ("__run_num__", [3]), ("changes", Map([.. Enumerable.Range(0, state.Changes).Select(i => ($"c{i}", Text("d")))])))))])),
        ("retcode", [0]), ("success", Truth(true)), ("fun", Text(function)), ("fun_args", List([.. arguments.Select(Text)])));

    /// <summary>A list of texts in place of the states.</summary>
    public static byte[] Failed(string function, string reason) => Map(("return", List(Text(reason))), ("retcode", [1]), ("fun", Text(function)), ("fun_args", List()));

    public static byte[] Map(params (string Key, byte[] Value)[] entries) => [0xDE, (byte)(entries.Length >> 8), (byte)entries.Length, .. entries.SelectMany(entry => Text(entry.Key).Concat(entry.Value))];

    public static byte[] List(params byte[][] items) => [(byte)(0x90 | items.Length), .. items.SelectMany(item => item)];

    public static byte[] Text(string text) => Encoding.UTF8.GetByteCount(text) is var length && length < 32 ? [(byte)(0xA0 | length), .. Encoding.UTF8.GetBytes(text)] : [0xD9, (byte)length, .. Encoding.UTF8.GetBytes(text)];

    static byte[] Truth(bool? value) => [value switch { null => (byte)0xC0, false => 0xC2, true => 0xC3 }];
}
