using System.Text.RegularExpressions;

namespace Ratchet.Agent.Checks;

/// <summary>
/// What a rule helps to prove: paragraphs of the HIPAA Security Rule (45 CFR Part 164) and references of the HITRUST CSF.
/// Numbers and titles are the publishers'; the choice of which rule proves what is Ratchet's own mapping.
/// </summary>
sealed partial record Controls
{
    /// <summary>Paragraph numbers, the primary first: <c>164.312(a)(2)(iv)</c>.</summary>
    public IReadOnlyList<string> Hipaa { get; }

    /// <summary>Control references, the primary first: <c>10.l</c> ends in a letter, always.</summary>
    public IReadOnlyList<string> Hitrust { get; }

    /// <exception cref="ArgumentException">A citation is not in the tables below.</exception>
    public Controls(string[] hipaa, string[] hitrust)
    {
        foreach (var paragraph in hipaa)
            if (!HipaaTitles.ContainsKey(paragraph)) throw new ArgumentException($"no such HIPAA paragraph: {paragraph}", nameof(hipaa));
        foreach (var reference in hitrust)
            if (!HitrustForm.IsMatch(reference) || !HitrustTitles.ContainsKey(reference))
                throw new ArgumentException($"no such HITRUST CSF reference: {reference}", nameof(hitrust));
        (Hipaa, Hitrust) = (hipaa, hitrust);
    }

    /// <summary>The form of <c>rule.tags</c>: <c>HIPAA 164.312(d)</c>, <c>HITRUST 01.q</c>.</summary>
    public IEnumerable<string> Tags => Hipaa.Select(p => "HIPAA " + p).Concat(Hitrust.Select(r => "HITRUST " + r));

    /// <summary>Title of a paragraph, with (R) required, (A) addressable or (S) standard.</summary>
    public static IReadOnlyDictionary<string, string> HipaaTitles { get; } = new Dictionary<string, string>
    {
        ["164.308(a)(1)(ii)(B)"] = "Risk management (R)",
        ["164.308(a)(1)(ii)(D)"] = "Information system activity review (R)",
        ["164.308(a)(3)(ii)(C)"] = "Termination procedures (A)",
        ["164.308(a)(4)(ii)(B)"] = "Access authorization (A)",
        ["164.308(a)(4)(ii)(C)"] = "Access establishment and modification (A)",
        ["164.308(a)(5)(ii)(B)"] = "Protection from malicious software (A)",
        ["164.308(a)(5)(ii)(C)"] = "Log-in monitoring (A)",
        ["164.308(a)(5)(ii)(D)"] = "Password management (A)",
        ["164.308(a)(6)(ii)"] = "Response and reporting (R)",
        ["164.308(a)(8)"] = "Evaluation (S)",
        ["164.308(b)(2)"] = "Business associate contracts and other arrangements (S)",
        ["164.308(b)(3)"] = "Written contract or other arrangement (R)",
        ["164.310(d)(1)"] = "Device and media controls (S)",
        ["164.310(d)(2)(ii)"] = "Media re-use (R)",
        ["164.312(a)(1)"] = "Access control (S)",
        ["164.312(a)(2)(i)"] = "Unique user identification (R)",
        ["164.312(a)(2)(iv)"] = "Encryption and decryption (A)",
        ["164.312(b)"] = "Audit controls (S)",
        ["164.312(c)(1)"] = "Integrity (S)",
        ["164.312(d)"] = "Person or entity authentication (S)",
        ["164.312(e)(1)"] = "Transmission security (S)",
        ["164.312(e)(2)(i)"] = "Integrity controls (A)",
        ["164.312(e)(2)(ii)"] = "Encryption (A)",
        ["164.314(a)(1)"] = "Business associate contracts or other arrangements (S)",
    };

    /// <summary>Name of a control reference (CSF v11.2). The requirement texts are licensed and not repeated here.</summary>
    public static IReadOnlyDictionary<string, string> HitrustTitles { get; } = new Dictionary<string, string>
    {
        ["01.b"] = "User Registration",
        ["01.c"] = "Privilege Management",
        ["01.d"] = "User Password Management",
        ["01.e"] = "Review of User Access Rights",
        ["01.i"] = "Policy on the Use of Network Services",
        ["01.j"] = "User Authentication for External Connections",
        ["01.l"] = "Remote Diagnostic and Configuration Port Protection",
        ["01.m"] = "Segregation in Networks",
        ["01.n"] = "Network Connection Control",
        ["01.p"] = "Secure Log-on Procedures",
        ["01.q"] = "User Identification and Authentication",
        ["01.v"] = "Information Access Restriction",
        ["01.w"] = "Sensitive System Isolation",
        ["02.i"] = "Removal of Access Rights",
        ["05.i"] = "Identification of Risks Related to External Parties",
        ["05.j"] = "Addressing Security When Dealing with Customers",
        ["05.k"] = "Addressing Security in Third Party Agreements",
        ["06.d"] = "Data Protection and Privacy of Covered Information",
        ["06.h"] = "Technical Compliance Checking",
        ["09.aa"] = "Audit Logging",
        ["09.ab"] = "Monitoring System Use",
        ["09.ac"] = "Protection of Log Information",
        ["09.af"] = "Clock Synchronization",
        ["09.b"] = "Change Management",
        ["09.e"] = "Service Delivery",
        ["09.f"] = "Monitoring and Review of Third Party Services",
        ["09.j"] = "Controls Against Malicious Code",
        ["09.m"] = "Network Controls",
        ["10.f"] = "Policy on the Use of Cryptographic Controls",
        ["10.g"] = "Key Management",
        ["10.h"] = "Control of Operational Software",
        ["10.k"] = "Change Control Procedures",
        ["10.m"] = "Control of Technical Vulnerabilities",
    };

    // 10.l and 10.1 look alike in many fonts; only the letter is a reference.
    [GeneratedRegex("^(0[0-9]|1[0-3])\\.[a-z]{1,2}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    static partial Regex HitrustForm { get; }
}
