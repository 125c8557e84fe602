"""
States of Ratchet's keys: a host's own key in the Salt mine, and on Logstash hosts the set of the keys that are believed.

The key set is a JWK Set (RFC 7517); each key has the member "host", the minion id that it may speak for. Beside it stands the
archive: every key ever enrolled, with the times between which it was believed ("used": [{"from", "until"}]), so that the records
of six years still verify. The archive never loses a key.

What minions put into the mine is hostile: the host of a key is the minion id that Salt vouches for, never what the key says;
the key's id is computed here; a key that is none, or that is no point of the curve, is left out with a warning and harms no other.
"""

import base64
import binascii
import datetime
import hashlib
import json
import os
import re
import tempfile

# NIST P-256 (FIPS 186-4, D.1.2.3).
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

# A host has its key and the prepared successor. More is a host that fills the set.
KEYS_PER_HOST = 2

COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}")
TIME = "%Y-%m-%dT%H:%M:%SZ"


def enrolled(name):
    """
    This host's public keys stand in the Salt mine: that in use, and the successor where one is prepared.

    name
        the mine function, ``ratchet.public_keys``
    """
    ret = {"name": name, "changes": {}, "result": True, "comment": "The mine has this host's keys"}
    own = __salt__["ratchet.public_keys"](test=__opts__["test"])
    mined = __salt__["mine.get"](__grains__["id"], name).get(__grains__["id"])
    if own and mined == own:
        return ret
    ret["changes"] = {"old": _names(mined), "new": _names(own) or "the key that the agent makes at its first start"}
    if __opts__["test"]:
        ret.update(result=None, comment="The mine would get this host's keys")
        return ret
    if not __salt__["mine.send"](name):
        ret.update(result=False, changes={}, comment="Salt's mine did not take the keys")
        return ret
    __salt__["event.send"]("ratchet/key/enrolled", {"keys": _names(own)})
    ret["comment"] = "The mine has got this host's keys"
    return ret


def withdrawn(name):
    """This host has no keys in the Salt mine, so that Logstash hosts believe it no longer."""
    ret = {"name": name, "changes": {}, "result": True, "comment": "The mine has no keys of this host"}
    mined = __salt__["mine.get"](__grains__["id"], name).get(__grains__["id"])
    if not mined:
        return ret
    ret["changes"] = {"old": _names(mined), "new": None}
    if __opts__["test"]:
        ret.update(result=None, comment="The keys would be taken out of the mine")
        return ret
    __salt__["mine.delete"](name)
    __salt__["event.send"]("ratchet/key/withdrawn", {"keys": _names(mined)})
    ret["comment"] = "The keys are out of the mine"
    return ret


def key_set(name, keys, archive, grace="30d", revoked=(), user="root", group="root", mode="0644"):
    """
    The JWK Set at ``name`` holds the keys of the minions that Salt accepts; the archive holds every key ever enrolled.

    keys
        what the mine has: a list of JWKs by minion id
    archive
        the file of all keys ever enrolled
    grace
        how long a host's former key is believed after its successor came: records that it signed may still wait in a spool
    revoked
        ids of keys that are believed no longer, whatever the mine says
    """
    ret = {"name": name, "changes": {}, "result": True, "comment": "The key set is current", "warnings": []}
    try:
        past = _read(archive)
        present, ret["warnings"] = believable(keys)
        if not present:
            raise ValueError("the mine has no keys of any minion: nothing is changed (is ratchet.public_keys among mine_functions?)")
        entries = merged(past, present, set(revoked), _now(), _seconds(grace))
    except (OSError, ValueError) as error:
        ret.update(result=False, comment=str(error))
        return ret
    files = {name: _text(live(entries)), archive: _text(entries)}
    stale = {path: text for path, text in files.items() if not _is(path, text)}
    if name in stale:
        ret["changes"].update(_difference(_hosts(name), _pairs(live(entries))))
    if archive in stale:
        ret["changes"]["archive"] = "{} keys".format(len(entries))
    if stale and __opts__["test"]:
        ret.update(result=None, comment="The key set would change")
        return ret
    # The archive first: no key is believed that it does not know.
    for path in sorted(stale, key=lambda path: path == name):
        _write(path, stale[path])
        ret["comment"] = "The key set has changed"
    for path in files:
        # Rights only; what differs is told in the changes.
        __salt__["file.check_perms"](path, ret, user, group, mode)
    return ret


def believable(mined):
    """The keys of the mine that are keys, as (kid, host) to JWK, and a warning for each that is left out."""
    found, warnings, hosts = {}, [], {}
    for host in sorted(mined):
        jwks = mined[host] if isinstance(mined[host], list) else [mined[host]]
        if len(jwks) > KEYS_PER_HOST:
            warnings.append("{}: {} keys, of which {} are taken".format(host, len(jwks), KEYS_PER_HOST))
        for jwk in jwks[:KEYS_PER_HOST]:
            try:
                key = _key(jwk, host)
            except ValueError as error:
                warnings.append("{}: {}".format(host, error))
                continue
            found[key["kid"], host] = key
            hosts.setdefault(key["kid"], []).append(host)
    for kid, sharing in hosts.items():
        if len(sharing) > 1:
            warnings.append("{} share the key {}: an image was cloned with its key; rotate it".format(" and ".join(sharing), kid))
    return found, warnings


def merged(past, present, revoked, now, grace):
    """
    The archive after this look. A key's last period of use is open ("until" missing) while it is believed, and closed
    when it is not: at once where Salt knows its host no longer or it is revoked, after the grace where it has a successor.
    """
    entries = {(key["kid"], key["host"]): dict(key) for key in past}
    hosts = {host for _, host in present}
    for place, key in present.items():
        entry = entries.setdefault(place, {**key, "used": []})
        entry.pop("superseded", None)
        if place[0] not in revoked and (not entry["used"] or "until" in entry["used"][-1]):
            entry["used"] = entry["used"] + [{"from": now.strftime(TIME)}]
    for (kid, host), entry in entries.items():
        if not entry["used"] or "until" in entry["used"][-1]:
            continue
        if (kid, host) not in present and host in hosts:
            entry.setdefault("superseded", now.strftime(TIME))
        ended = kid in revoked or host not in hosts
        if ended or ("superseded" in entry and _age(entry["superseded"], now) >= grace):
            entry["used"] = entry["used"][:-1] + [{**entry["used"][-1], "until": now.strftime(TIME)}]
    return [entries[place] for place in sorted(entries, key=lambda place: (place[1], place[0]))]


def live(entries):
    """The keys that are believed, as Logstash reads them."""
    believed = [key for key in entries if key["used"] and "until" not in key["used"][-1]]
    return [{name: value for name, value in key.items() if name not in ("used", "superseded")} for key in believed]


def _key(jwk, host):
    """A JWK of this host, made anew of the coordinates alone."""
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError("what the mine has is no P-256 key")
    x, y = jwk.get("x"), jwk.get("y")
    if not all(isinstance(value, str) and COORDINATE.fullmatch(value) for value in (x, y)):
        raise ValueError("x and y are not coordinates of P-256")
    try:
        point = [int.from_bytes(base64.b64decode(value + "=", altchars=b"-_", validate=True), "big") for value in (x, y)]
    except binascii.Error as error:
        raise ValueError("x and y are not base64url") from error
    if max(point) >= P or (point[1] ** 2 - point[0] ** 3 + 3 * point[0] - B) % P:
        raise ValueError("x and y are not a point of P-256")
    # RFC 7638: the required members in lexical order, without white space.
    thumbprint = hashlib.sha256('{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}'.format(x, y).encode("ascii")).digest()
    kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode("ascii")
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "use": "sig", "alg": "ES256", "host": host}


def _read(archive):
    try:
        with open(archive, encoding="utf-8") as file:
            entries = json.load(file)["keys"]
        if not all(isinstance(key["used"], list) and key["kid"] and key["host"] for key in entries):
            raise ValueError
        return entries
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("{}: is damaged, and is not overwritten: restore it from a backup or another Logstash host".format(archive)) from error


def _hosts(name):
    """The keys of the set as it stands; none where it is missing or damaged, as it is made anew from the archive."""
    try:
        with open(name, encoding="utf-8") as file:
            return _pairs(json.load(file)["keys"])
    except (OSError, ValueError, TypeError, KeyError):
        return set()


def _pairs(keys):
    return {"{} {}".format(key["host"], key["kid"]) for key in keys}


def _difference(old, new):
    changes = {word: sorted(keys) for word, keys in (("added", new - old), ("dropped", old - new)) if keys}
    return changes or {"old": "damaged or written by another hand", "new": "as the archive says"}


def _names(keys):
    return [key.get("kid") for key in keys if isinstance(key, dict)] if isinstance(keys, list) else None


def _text(entries):
    return json.dumps({"keys": entries}, indent=1, ensure_ascii=False) + "\n"


def _is(path, text):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read() == text
    except (FileNotFoundError, UnicodeDecodeError):
        return False


def _write(path, text):
    """There whole or not at all, also after a power cut; readable by others only once it has its owner."""
    directory = os.path.dirname(path)
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=".keys-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            status = os.stat(path)
            os.chown(temporary, status.st_uid, status.st_gid)
            os.chmod(temporary, status.st_mode & 0o777)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    folder = os.open(directory, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def _age(time, now):
    then = datetime.datetime.strptime(time, TIME).replace(tzinfo=datetime.timezone.utc)
    return (now - then).total_seconds()


def _seconds(duration):
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", str(duration))
    if not found:
        raise ValueError("grace: expected a duration such as 30d, found {}".format(duration))
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]
