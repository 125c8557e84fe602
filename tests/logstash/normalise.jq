# What is the same on every host of a document: that of the chain's begin, of the ports and of the waivers. Times, ids, hashes and
# the host's own are replaced by what they are.
# The one listener is the test's own.
select(.event.action != "finding" or (.rule.section | IN("ports", "agent")) and (.resource.name | startswith("tcp 127.0.0.1:") | not))
| (.. | strings) |= (
    if test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$") then "TIME"
    elif test("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$") then "UUID"
    elif test("^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{100,}\\.[A-Za-z0-9_-]{86}$") then "JWS"
    elif test("^[A-Za-z0-9_-]{43}$") then "HASH"
    else . end)
| .event.sequence = "NUMBER" | .ratchet.chain.sequence = "NUMBER"
| .host.id as $id | (.. | strings) |= (if $id == "" then . else split($id) | join("HOST-ID") end)
| .host |= (.os = "OS" | .architecture = "ARCHITECTURE")
| (.agent, .observer, .rule.benchmark) |= (if . and .version then .version = "VERSION" else . end)
| if .event.action == "sweep" then .event.duration = "NUMBER" | .message |= gsub("[0-9]+"; "N")
    | .ratchet |= (.sweep |= map_values(map_values("NUMBER")?) | .sweep.cpu_ms = "NUMBER" | .spool.batches = "NUMBER" | .head.sequence = "NUMBER") else . end
