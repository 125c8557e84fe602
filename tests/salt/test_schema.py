"""Every setting of the agent can be set from pillar, and is judged there: schema/settings.json has them all, and nothing else."""

import json
import unittest

import formula

SCHEMA = json.loads((formula.FORMULA / "schema/settings.json").read_text())
PILLAR = formula.load((formula.FORMULA / "schema/pillar.yaml").read_text())


def elsewhere(schema):
    return {name: below["elsewhere"] for name, below in schema["properties"].items() if "elsewhere" in below}


OWN = elsewhere(PILLAR["properties"]["settings"])
REGISTER = elsewhere(PILLAR["properties"]["settings"]["properties"]["access"])

SAMPLES = {"date": "2026-12-31", "date-time": "2026-12-05T22:00:00Z", "duration": "1h", "ports": "8000-8010"}
PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"


def sample(schema, name=""):
    """A value that fits."""
    if schema.get("type") == "object":
        return {key: sample(below, key) for key, below in schema["properties"].items()}
    if schema.get("type") == "array":
        return [sample(schema["items"], name)]
    if "format" in schema:
        return SAMPLES[schema["format"]]
    return schema["enum"][0] if "enum" in schema else {"string": "sshd.x" if name == "rule" else name, "integer": 3, "boolean": True}[schema["type"]]


def spoilt(value):
    """What is like a value, with each part of it once of a wrong type: the path to it, and the whole."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        for path, broken in spoilt(part):
            whole = dict(value) if isinstance(value, dict) else list(value)
            whole[key] = broken
            yield [key, *path], whole
    yield [], 3.5


def place_of(path):
    """As a fault names it: of a key the mapping that it stands in, then the key."""
    text = "ratchet"
    for at, key in enumerate(path):
        is_list = isinstance(key, int)
        text += "[{}]".format(key) if is_list else (": " if at == len(path) - 1 else ":") + key
    return text


class Schema(unittest.TestCase):
    def setUp(self):
        whole = sample(SCHEMA)
        own = {name: whole.pop(name) for name in OWN}
        register = {name: whole["access"].pop(name) for name in REGISTER}
        self.expected = sample(SCHEMA)
        self.pillar = {
            "version": "1.0.0",
            "roles": own["roles"],
            "settings": whole,
            "logstash": {"urls": own["logstash"]["urls"]},
            "certificate": {"ca": PEM, "certificate": PEM, "key": PEM},
            "staff": register["staff"],
            "third_parties": register["parties"],
            "waivers": own["waivers"],
            "maintenance": [{**own["maintenance"][0], "until": "2026-12-05T23:00:00Z"}],
        }

    def config(self, ratchet):
        functions = formula.functions("app01.internal", {"ratchet": ratchet})
        return json.loads(functions["ratchet_pillar.settings"]({}, PILLAR, SCHEMA)["config"])

    def test_every_setting_reaches_the_agent(self):
        config = self.config(self.pillar)
        del self.expected["state"]
        for name, value in self.expected.items():
            if name in ("host", "logstash", "maintenance"):
                self.assertIn(name, config)
            else:
                self.assertEqual(value, config[name], name)

    def test_every_setting_of_a_wrong_type_is_named(self):
        count = 0
        for path, broken in spoilt(self.pillar):
            if path:
                count += 1
                with self.subTest(path=path), self.assertRaises(formula.CommandExecutionError) as caught:
                    self.config(broken)
                said = str(caught.exception)
                self.assertTrue(place_of(path) in said or place_of(path).replace(": ", ":") in said, said)
                self.assertIn("expected ", said)
        self.assertGreater(count, 150)

    def test_a_setting_with_a_place_of_its_own_is_sent_there(self):
        for name, place in OWN.items():
            with self.assertRaisesRegex(formula.CommandExecutionError, "ratchet:settings:{}: unknown here; {}".format(name, place)):
                self.config({"version": "1.0.0", "settings": {name: self.expected[name]}})
        with self.assertRaisesRegex(formula.CommandExecutionError, "ratchet:settings:access:parties: unknown here; it is ratchet:third_parties"):
            self.config({"version": "1.0.0", "settings": {"access": {"parties": []}}})

    def test_what_yaml_makes_of_words_is_told(self):
        for settings, said in (
            ({"interval": 300}, "ratchet:settings: interval is malformed (300): expected a duration as 30s, 5m, 12h or 7d"),
            ({"salt": {"required": "yes"}}, "required is malformed ('yes'): expected true or false"),
            ({"ports": {"allow": [{"port": True}]}}, "ratchet:settings:ports:allow[0]: port is malformed (True): expected a port"),
            ({"ports": {"allow": [{"port": 22, "reach": "public"}]}}, "expected one of loopback, private, any"),
            ({"tomcat": {"bases": [7]}}, "ratchet:settings:tomcat:bases[0]: expected a text; where it is one, put it in quotes"),
            ({"alerts": {"high": {"openSweeps": True}}}, "openSweeps is malformed (True): expected a number"),
            ({"alerts": {"high": {"openSweeps": "3"}}}, "ratchet:settings:alerts:high: openSweeps is malformed ('3'): expected a number"),
        ):
            with self.subTest(said=said), self.assertRaises(formula.CommandExecutionError) as caught:
                self.config({"version": "1.0.0", "settings": settings})
            self.assertIn(said, str(caught.exception))

    def test_a_private_key_is_in_no_fault(self):
        with self.assertRaises(formula.CommandExecutionError) as caught:
            self.config({"version": "1.0.0", "certificate": {"ca": PEM, "certificate": PEM, "key": "MIGHSECRET"}})
        self.assertIn("ratchet:certificate: key is malformed: expected PEM", str(caught.exception))
        self.assertNotIn("SECRET", str(caught.exception))

    def test_an_attestation_is_whole_and_is_written_as_the_agent_reads_it(self):
        pillar = formula.pillar_of("app01.internal")
        file = formula.render("attestation", "app01.internal", pillar)[1]["ratchet-aws-attestation"]["file.managed"]
        written = json.loads(next(argument["contents"] for argument in file if "contents" in argument))
        self.assertEqual({"schema": 1, **pillar["ratchet"]["aws_attestation"]}, written)
        self.assertIn("ratchet-aws-no-attestation", formula.render("attestation", "db01.internal", formula.pillar_of("db01.internal"))[1])
        for attestation, said in (
            ({}, "ratchet:aws_attestation: generated is missing: when it was seen"),
            ({"instance_id": "web01"}, "instance_id is malformed ('web01'): expected the id of the instance, as i-0123456789abcdef0"),
            ({"account": 123456789012}, "account is malformed (123456789012): expected the account's twelve digits, in quotes"),
            ({"volumes": [{"id": "vol-01"}]}, "ratchet:aws_attestation:volumes[0]: encrypted is missing: true or false"),
            ({"security_group_rules": [{"dir": "inbound"}]}, "dir is malformed ('inbound'): expected one of in, out"),
            ({"volume": []}, "ratchet:aws_attestation:volume: unknown; known are account, "),
        ):
            with self.subTest(said=said), self.assertRaises(formula.CommandExecutionError) as caught:
                self.config({"version": "1.0.0", "aws_attestation": attestation})
            self.assertIn(said, str(caught.exception))

    def test_a_role_of_the_site_has_its_policies_and_the_agent_is_not_told_of_it(self):
        config = self.config({"version": "1.0.0", "roles": ["tomcat", "billing"], "policies": {"billing": {"disk": {"data": ["/srv/billing"]}}}})
        self.assertEqual((["tomcat"], ["/srv/billing"]), (config["roles"], config["disk"]["data"]))
