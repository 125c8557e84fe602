"""The key set of Logstash hosts: whose key is believed, since when and until when; and what a hostile minion can do to it."""

import base64
import datetime
import hashlib
import json
import os
import pathlib
import tempfile
import unittest

import formula
from cryptography.hazmat.primitives.asymmetric import ec

START = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)


def jwk(host="anyone"):
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(value.to_bytes(32, "big")).rstrip(b"=").decode() for value in (point.x, point.y))
    thumbprint = hashlib.sha256(json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":")).encode()).digest()
    kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "use": "sig", "alg": "ES256", "host": host}


class KeySet(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.time = START
        self.opts = {"test": False}
        self.state = formula.module("_states/ratchet", __opts__=self.opts, __salt__={"file.check_perms": lambda *arguments: None})
        self.state._now = lambda: self.time

    def apply(self, mined, **arguments):
        return self.state.key_set(str(self.folder / "keys.json"), mined, str(self.folder / "archive.json"), **arguments)

    def read(self, name):
        return json.loads((self.folder / name).read_text())["keys"]

    def believed(self):
        return {(key["host"], key["kid"]) for key in self.read("keys.json")}

    def later(self, **span):
        self.time += datetime.timedelta(**span)

    def test_the_host_of_a_key_is_the_minion_that_sent_it_whatever_the_key_says(self):
        key = jwk(host="db01")
        self.assertTrue(self.apply({"app01": [key]})["result"])
        self.assertEqual({("app01", key["kid"])}, self.believed())

    def test_the_id_of_a_key_is_computed_and_not_believed(self):
        key = jwk()
        self.apply({"app01": [{**key, "kid": "x" * 43}]})
        self.assertEqual({("app01", key["kid"])}, self.believed())

    def test_a_second_run_changes_nothing_and_writes_nothing(self):
        mined = {"app01": [jwk()], "db01": [jwk()]}
        self.assertIn("added", self.apply(mined)["changes"])
        before = [(self.folder / name).stat().st_ino for name in ("keys.json", "archive.json")]
        self.later(days=3)
        self.assertEqual({}, self.apply(mined)["changes"])
        self.assertEqual(before, [(self.folder / name).stat().st_ino for name in ("keys.json", "archive.json")])

    def test_a_trial_run_tells_and_writes_nothing(self):
        self.opts["test"] = True
        ret = self.apply({"app01": [jwk()]})
        self.assertIsNone(ret["result"])
        self.assertIn("added", ret["changes"])
        self.assertEqual([], os.listdir(self.folder))

    def test_a_minion_that_left_is_dropped_at_once_and_stays_in_the_archive_with_its_times(self):
        gone, stays = jwk(), jwk()
        self.apply({"app01": [gone], "db01": [stays]})
        self.later(days=10)
        ret = self.apply({"db01": [stays]})
        self.assertEqual(["app01 " + gone["kid"]], ret["changes"]["dropped"])
        self.assertEqual({("db01", stays["kid"])}, self.believed())
        entry = next(key for key in self.read("archive.json") if key["kid"] == gone["kid"])
        self.assertEqual([{"from": "2026-11-01T00:00:00Z", "until": "2026-11-11T00:00:00Z"}], entry["used"])
        self.assertEqual("app01", entry["host"])

    def test_a_minion_that_comes_back_is_believed_again_and_both_times_are_kept(self):
        key, other = jwk(), jwk()
        self.apply({"app01": [key], "db01": [other]})
        self.later(days=1)
        self.apply({"db01": [other]})
        self.later(days=1)
        self.apply({"app01": [key], "db01": [other]})
        self.assertIn(("app01", key["kid"]), self.believed())
        entry = next(key for key in self.read("archive.json") if key["host"] == "app01")
        self.assertEqual([{"from": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"}, {"from": "2026-11-03T00:00:00Z"}], entry["used"])

    def test_a_prepared_key_is_believed_beside_the_present_one(self):
        first, second = jwk(), jwk()
        self.apply({"app01": [first, second]})
        self.assertEqual({("app01", first["kid"]), ("app01", second["kid"])}, self.believed())

    def test_a_former_key_is_believed_until_its_grace_is_over(self):
        first, second = jwk(), jwk()
        self.apply({"app01": [first]})
        self.later(days=1)
        self.apply({"app01": [second]}, grace="30d")
        self.later(days=29)
        self.assertEqual({}, self.apply({"app01": [second]}, grace="30d")["changes"])
        self.assertIn(("app01", first["kid"]), self.believed())
        self.later(days=1)
        self.assertEqual(["app01 " + first["kid"]], self.apply({"app01": [second]}, grace="30d")["changes"]["dropped"])
        self.assertEqual({("app01", second["kid"])}, self.believed())

    def test_a_revoked_key_is_believed_no_longer_whatever_the_mine_says(self):
        stolen, other = jwk(), jwk()
        self.apply({"app01": [stolen], "db01": [other]})
        for _ in range(2):
            self.later(days=1)
            self.apply({"app01": [stolen], "db01": [other]}, revoked=[stolen["kid"]])
            self.assertEqual({("db01", other["kid"])}, self.believed())
        self.assertEqual("2026-11-02T00:00:00Z", next(key for key in self.read("archive.json") if key["kid"] == stolen["kid"])["used"][-1]["until"])

    def test_an_empty_mine_changes_nothing_and_fails(self):
        self.apply({"app01": [jwk()]})
        before = self.believed()
        for mined in ({}, {"app01": []}, {"app01": "ERROR"}):
            ret = self.apply(mined)
            self.assertIs(ret["result"], False)
            self.assertIn("nothing is changed", ret["comment"])
        self.assertEqual(before, self.believed())

    def test_a_hostile_minion_harms_no_other(self):
        good = jwk()
        hostile = [
            None, 7, "key", [], {}, {"kty": "RSA"}, {**jwk(), "crv": "P-521"}, {**jwk(), "x": "A" * 43}, {**jwk(), "y": None},
            {**jwk(), "x": "A" * 1_000_000}, {**jwk(), "x": "é" * 43}, {**jwk(), "x": "_" * 43}, {**jwk(), "x": jwk()["x"]},
        ]
        for entry in hostile:
            with self.subTest(entry=str(entry)[:60]):
                ret = self.apply({"app01": [good], "evil": [entry]})
                self.assertTrue(ret["result"])
                self.assertEqual({("app01", good["kid"])}, self.believed())
                self.assertTrue(any(warning.startswith("evil: ") for warning in ret["warnings"]))

    def test_a_minion_cannot_fill_the_set(self):
        ret = self.apply({"evil": [jwk() for _ in range(50)]})
        self.assertEqual(2, len(self.believed()))
        self.assertIn("50 keys, of which 2 are taken", ret["warnings"][0])

    def test_a_key_that_two_minions_share_is_told(self):
        key = jwk()
        self.assertIn("app01 and app02 share the key", self.apply({"app01": [key], "app02": [key]})["warnings"][0])

    def test_a_damaged_archive_is_never_overwritten(self):
        for text in ("", "{", "[]", '{"keys":[1]}', '{"keys":[{"kid":"x"}]}', "\x00"):
            with self.subTest(text=text):
                (self.folder / "archive.json").write_text(text)
                ret = self.apply({"app01": [jwk()]})
                self.assertIs(ret["result"], False)
                self.assertIn("is damaged, and is not overwritten", ret["comment"])
                self.assertEqual(text, (self.folder / "archive.json").read_text())

    def test_a_damaged_or_missing_set_is_made_anew(self):
        key = jwk()
        self.apply({"app01": [key]})
        for text in ("", "{}", '{"keys":[]}'):
            (self.folder / "keys.json").write_text(text)
            self.assertTrue(self.apply({"app01": [key]})["changes"])
            self.assertEqual({("app01", key["kid"])}, self.believed())

    def test_a_failed_write_leaves_the_old_set_and_no_remains(self):
        key = jwk()
        self.apply({"app01": [key]})

        def full(handle):
            raise OSError("no space left on device")

        real, os.fsync = os.fsync, full
        try:
            with self.assertRaises(OSError):
                self.apply({"app01": [key], "db01": [jwk()]})
        finally:
            os.fsync = real
        self.assertEqual({("app01", key["kid"])}, self.believed())
        self.assertEqual(["archive.json", "keys.json"], sorted(os.listdir(self.folder)))


class Withdrawal(unittest.TestCase):
    def withdrawn(self, mined, test=False):
        done = []
        salt = {
            "mine.get": lambda target, function: {"app01": mined} if mined else {},
            "mine.delete": done.append,
            "event.send": lambda tag, data: done.append(tag),
        }
        state = formula.module("_states/ratchet", __opts__={"test": test}, __salt__=salt, __grains__={"id": "app01"})
        return state.withdrawn("ratchet.public_keys")["result"], done

    def test_keys_leave_the_mine_and_the_reactor_hears_of_it(self):
        self.assertEqual((True, ["ratchet.public_keys", "ratchet/key/withdrawn"]), self.withdrawn([jwk()]))

    def test_where_none_is_left_nothing_is_done_nor_on_trial(self):
        self.assertEqual((True, []), self.withdrawn(None))
        self.assertEqual((None, []), self.withdrawn([jwk()], test=True))


class Enrolment(unittest.TestCase):
    def enrolled(self, own, mined, test=False):
        sent = []
        salt = {
            "ratchet.public_keys": lambda test: own,
            "mine.get": lambda target, function: {"app01": mined} if mined else {},
            "mine.send": lambda function: sent.append(function) or True,
            "event.send": lambda tag, data: sent.append(tag),
        }
        state = formula.module("_states/ratchet", __opts__={"test": test}, __salt__=salt, __grains__={"id": "app01"})
        return state.enrolled("ratchet.public_keys"), sent

    def test_a_new_key_is_sent_and_told(self):
        ret, sent = self.enrolled([jwk()], None)
        self.assertTrue(ret["result"] and ret["changes"])
        self.assertEqual(["ratchet.public_keys", "ratchet/key/enrolled"], sent)

    def test_a_key_that_the_mine_has_is_not_sent_again(self):
        own = [jwk()]
        self.assertEqual(({}, []), (lambda ret, sent: (ret["changes"], sent))(*self.enrolled(own, own)))

    def test_a_trial_run_sends_nothing(self):
        ret, sent = self.enrolled([], None, test=True)
        self.assertEqual((None, []), (ret["result"], sent))
