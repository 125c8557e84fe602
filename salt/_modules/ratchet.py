"""
Ratchet's agent from Salt's shell: what it found, whether its records hold, its keys.

.. code-block:: bash

    salt '*' ratchet.status
    salt '*' ratchet.check only=sshd
    salt 'logstash*' ratchet.verify /srv/export/2026-11.ndjson

The return code is the agent's own exit code: ``salt`` ends with an error where a minion's is not 0, ``salt-call --retcode-passthrough``
with the code itself.
"""

import json
import os

import salt.utils.path
from salt.exceptions import CommandExecutionError

PROGRAM = "ratchet-agent"

KEYS = "/etc/logstash/ratchet/keys.json"
ARCHIVE = "/etc/logstash/ratchet/keys-archive.json"


def status():
    """
    What the running service did last; return code 1 where it is not healthy, 3 where it does not run.

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet.status
    """
    said = _run(["status"])
    if said["retcode"] not in (0, 1, 3) or not said["stdout"]:
        raise _failure(said)
    __context__["retcode"] = said["retcode"]
    report = {"state": {0: "healthy", 1: "NOT HEALTHY", 3: "NOT RUNNING"}[said["retcode"]]}
    for line in said["stdout"].splitlines():
        word, text = _split(line)
        if word in ("failing", "trouble"):
            report.setdefault(word, []).append(text)
        else:
            report[word] = text
    return report


def check(only=None, all=False):
    """
    One sweep of this host, nothing shipped; return code 1 where a rule fails, 2 where none fails and some are unknown.

    only
        areas, separated by commas, as ``sshd,ports``
    all
        also what passed and what is not applicable

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet.check
        salt 'db*' ratchet.check only=disk,ports all=True
    """
    arguments = ["check", "--format", "json"]
    if only:
        arguments += ["--only", only if isinstance(only, str) else ",".join(only)]
    said = _run(arguments)
    if said["retcode"] not in (0, 1, 2):
        raise _failure(said)
    findings = _json(said)
    # check ends with 1 also where it could not begin.
    if said["retcode"] == 1 and not findings:
        raise _failure(said)
    __context__["retcode"] = said["retcode"]
    counts, report = {}, {}
    for finding in findings:
        verdict = finding["result"]["evaluation"]
        counts[verdict] = counts.get(verdict, 0) + 1
        if all or verdict in ("failed", "unknown", "waived"):
            rule = "{} {}".format(finding["rule"]["id"], finding["resource"]["name"])
            report.setdefault(verdict, {})[rule] = finding["message"]
    summary = ", ".join("{} {}".format(counts[verdict], verdict) for verdict in sorted(counts)) or "no findings"
    return {"summary": summary, **report}


def verify(*files, keys=None, window=False):
    """
    Checks signatures, numbering and chain of records; return code 1 where anything is forged, missing or unknown.

    files
        files on the minion: a record (compact JWS, or JSON with ``jws``) a line
    keys
        a JWK Set; by default every key ever enrolled here, or else the keys enrolled now
    window
        the ends of a chain may be missing (an export of one month)

    CLI Example:

    .. code-block:: bash

        salt 'logstash*' ratchet.verify /srv/export/2026-11.ndjson window=True
    """
    if not files:
        raise CommandExecutionError("ratchet.verify needs at least one file of records")
    keys = keys or (ARCHIVE if os.path.exists(ARCHIVE) else KEYS)
    said = _run(["verify", "--format", "json", "--keys", keys] + (["--window"] if window else []) + ["--"] + list(files))
    if not said["stdout"]:
        raise _failure(said)
    report = _json(said)
    __context__["retcode"] = said["retcode"]
    return {
        "verdict": "{} records, {}".format(report["accepted"], "all good" if report["good"] else "NOT GOOD"),
        "chains": ["{host}: records {first} to {last} of chain {chain}, {state}".format(state="whole" if chain["whole"] else "NOT WHOLE", **chain) for chain in report["chains"]],
        "problems": ["{kind}: {host}: {message}".format(**problem) for problem in report["problems"]],
    }


def public_keys(test=False):
    """
    The public keys of this host: that in use, and its successor where one is prepared. Belongs into mine_functions.

    test
        make no key: an empty list where the agent has none yet, or is not installed

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet.public_keys
    """
    if test and not salt.utils.path.which(PROGRAM):
        return []
    keys = [_key("show")]
    prepared = _run(["key", "show", "--next"])
    if prepared["retcode"] == 0:
        keys.append(_json(prepared))
    elif "no successor" not in prepared["stderr"]:
        raise _failure(prepared)
    return keys


def prepare_key():
    """
    Makes the successor of this host's key, which the next rotation goes on with. Returns its id.

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet.prepare_key
    """
    return _key("prepare")["kid"]


def rotate_key(force=False):
    """
    Goes on with the prepared key; refused where none is prepared, or the mine does not have it: Logstash would not believe
    the records that it signs. Returns the id of the key in use.

    force
        a new key at once; its records lie in quarantine until it is enrolled

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet.rotate_key
    """
    keys = public_keys()
    if not force:
        if len(keys) < 2:
            raise CommandExecutionError("no successor of the key is prepared: use the orchestration ratchet-agent.orchestrate.rotate, or force=True")
        mined = __salt__["mine.get"](__grains__["id"], "ratchet.public_keys").get(__grains__["id"]) or []
        if keys[1] not in mined:
            raise CommandExecutionError("the mine does not have the prepared key yet: mine.send ratchet.public_keys, then the state ratchet-agent.keys on the Logstash hosts")
    return _key("rotate")["kid"]


def _key(verb):
    said = _run(["key", verb])
    if said["retcode"] != 0:
        raise _failure(said)
    return _json(said)


def _run(arguments):
    """Never a shell: what comes from a caller is an argument."""
    if not salt.utils.path.which(PROGRAM):
        raise CommandExecutionError("{} is not installed".format(PROGRAM))
    return __salt__["cmd.run_all"]([PROGRAM] + arguments, python_shell=False, cwd="/", ignore_retcode=True, env={"NO_COLOR": "1"}, timeout=120)


def _split(line):
    """A line of status: a word or two, then two blanks; or a sentence."""
    if line.startswith(("running", "not running")):
        return "service", line
    word, blank, text = line.partition("  ")
    if blank:
        return word.strip(), text.strip()
    word, _, text = line.partition(" ")
    return word, text


def _json(said):
    try:
        return json.loads(said["stdout"])
    except ValueError as error:
        raise _failure(said) from error


def _failure(said):
    return CommandExecutionError("ratchet-agent ended with {}: {}".format(said["retcode"], (said["stderr"] or said["stdout"]).strip() or "it said nothing"))
