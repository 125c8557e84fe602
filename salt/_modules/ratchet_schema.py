"""
Pillar held against a JSON Schema: of its words those that the agent's settings use (type, properties, required, enum, items,
format, pattern), told in the words of who writes pillar: each fault with its place and what would be right.

Beside them ``description`` says what a value is for where it is missing, and ``elsewhere`` where a setting has its place in pillar.
"""

import datetime
import re

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)")
PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\n.*-----END \1-----\s*", re.DOTALL)

# What a name means wherever the agent asks for it.
MEANINGS = {
    "owner": "who answers for it", "reason": "why it is accepted", "expires": "the last day, UTC", "until": "when it ends",
    "from": "when it begins", "attestedBy": "who looked, or what", "at": "the day of the look, UTC", "ref": "where the agreement is kept",
    "signed": "the day of its signing", "last": "the day of the last review", "by": "who reviewed",
}


def read(value, schema, place):
    """
    The value as the agent reads it (days and times as texts, times in UTC), and the faults; a value at fault is None.

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet_schema.read '{grace: 30d}' '{type: object, properties: {grace: {type: string, format: duration}}}' ratchet:keys
    """
    faults = []
    return {"value": _Reader(faults).read(value, schema, place), "faults": faults}


class _Fault(Exception):
    """What would be right in place of a single value."""


class _Reader:
    def __init__(self, faults):
        self.faults = faults

    def read(self, value, schema, place):
        """A mapping, a list or a value in a list."""
        if schema.get("type") == "object":
            return self.mapping(value, schema, place)
        if schema.get("type") == "array":
            return self.entries(value, schema, place)
        try:
            return _single(value, schema)
        except _Fault as fault:
            self.fault(place, fault)
            return None

    def mapping(self, value, schema, place):
        if not isinstance(value, dict):
            self.fault(place, "expected a mapping")
            return {}
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        result = {}
        for name in sorted(value, key=str):
            below = properties.get(name, others)
            if isinstance(below, dict) and "elsewhere" not in below:
                self.member(value[name], below, place, name, result)
            else:
                self.fault("{}:{}".format(place, name), _unknown(below, properties))
        for name in schema.get("required", ()):
            if _is_empty(value.get(name)):
                self.fault(place, "{} is missing: {}".format(name, _meaning(name, properties[name])))
        return result

    def member(self, value, schema, place, name, result):
        """A key without a value is none."""
        if value is None:
            return
        if schema.get("type") in ("object", "array"):
            result[name] = self.read(value, schema, "{}:{}".format(place, name))
        elif not _is_empty(value):
            result[name] = None
            try:
                result[name] = _single(value, schema)
            except _Fault as fault:
                # What should be a key or a certificate is told to nobody.
                shown = "" if schema.get("format") == "pem" else " ({})".format(repr(value)[:80])
                self.fault(place, "{} is malformed{}: {}".format(name, shown, fault))

    def entries(self, value, schema, place):
        if not isinstance(value, list):
            self.fault(place, "expected a list")
            return []
        return [self.read(entry, schema["items"], "{}[{}]".format(place, index)) for index, entry in enumerate(value)]

    def fault(self, place, reason):
        self.faults.append("{}: {}".format(place, reason))


def _single(value, schema):
    """A text, number or truth, as the agent reads it."""
    if "format" in schema:
        return FORMATS[schema["format"]](value)
    if "enum" in schema:
        # YAML reads on, off, yes and no as truths.
        return _expect(value, isinstance(value, str) and value in schema["enum"], "one of " + ", ".join(schema["enum"]))
    if schema["type"] == "boolean":
        return _expect(value, isinstance(value, bool), "true or false")
    if schema["type"] == "integer":
        return _expect(value, isinstance(value, int) and not isinstance(value, bool), "a number")
    text = isinstance(value, str) and re.fullmatch(schema.get("pattern", r"(?s).*\S.*"), value)
    return _expect(value, text, schema.get("description", "a text" if isinstance(value, str) else "a text; where it is one, put it in quotes"))


def _expect(value, holds, what):
    if not holds:
        raise _Fault("expected " + what)
    return value


def _date(value):
    try:
        # YAML readers other than Salt's make a date of it.
        text = value.isoformat() if isinstance(value, datetime.date) else value
        return datetime.date.fromisoformat(_expect(text, isinstance(text, str) and len(text) == 10, "a day as 2027-06-30")).isoformat()
    except ValueError as error:
        raise _Fault("expected a day as 2027-06-30") from error


def _time(value):
    what = "a time with its zone as '2026-12-01T22:00:00Z'"
    _expect(value, isinstance(value, str) and TIME.fullmatch(value), what)
    try:
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError) as error:
        raise _Fault("expected " + what) from error


def _ports(value):
    number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535
    return _expect(value, number or (isinstance(value, str) and re.fullmatch(r"\d{1,5}(-\d{1,5})?", value)), "a port, or a range as '8000-8010'")


FORMATS = {
    "date": _date,
    "date-time": _time,
    "duration": lambda value: _expect(value, isinstance(value, str) and re.fullmatch("[0-9]{1,9}[smhd]", value), "a duration as 30s, 5m, 12h or 7d"),
    "pem": lambda value: _expect(value, isinstance(value, str) and PEM.fullmatch(value), "PEM, from -----BEGIN to -----END"),
    "ports": _ports,
}


def _is_empty(value):
    return value is None or (isinstance(value, str) and not value.strip())


def _meaning(name, schema):
    parts = ", ".join(schema.get("required", ()))
    return schema.get("description") or MEANINGS.get(name) or (parts and "a mapping with " + parts) or {"array": "a list"}.get(schema.get("type"), "its value")


def _unknown(below, properties):
    if isinstance(below, dict):
        return "unknown here; " + below["elsewhere"]
    known = sorted(name for name, schema in properties.items() if "elsewhere" not in schema)
    return "unknown; known are {}".format(", ".join(known))
