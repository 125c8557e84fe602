"""The pillar's schema: each fault stops the render, with the place and what would be right."""

import unittest

import formula

OWNED = {"owner": "ops", "reason": "INC-12"}
WAIVER = {**OWNED, "rule": "sshd.forwarding", "subject": "*", "expires": "2027-06-30"}
EXCEPTION = {**OWNED, "protocol": "tcp", "port": 9999, "expires": "2027-06-30"}
WINDOW = {**OWNED, "from": "2026-12-05T22:00:00Z", "until": "2026-12-06T02:00:00Z"}
PARTY = {**OWNED, "id": "acme", "agreement": {"ref": "BAA-17", "signed": "2026-03-04", "expires": "2027-03-04"}, "accounts": [{"name": "acme-ops", "until": "2026-12-31"}]}


def without(entry, name):
    return {key: value for key, value in entry.items() if key != name}


class Faults(unittest.TestCase):
    def refused(self, ratchet, *messages, version="1.0.0"):
        pillar = {"ratchet": {"version": version, **ratchet}}
        for name in ("config", "package", "service", "keys", "pipeline", "certificate"):
            with self.assertRaises(formula.CommandExecutionError) as caught:
                formula.render(name, "app01.internal", pillar)
            for message in ("pillar of app01.internal: ", *messages):
                self.assertIn(message, str(caught.exception))

    def test_each_missing_owner_reason_and_end_is_named(self):
        cases = [
            ("waivers", WAIVER, "expires", "the last day, UTC"),
            ("maintenance", WINDOW, "until", "when it ends"),
            ("maintenance", WINDOW, "from", "when it begins"),
        ]
        cases += [(place, entry, "owner", "who answers for it") for place, entry in (("waivers", WAIVER), ("maintenance", WINDOW), ("third_parties", PARTY))]
        cases += [(place, entry, "reason", "why it is accepted") for place, entry in (("waivers", WAIVER), ("maintenance", WINDOW), ("third_parties", PARTY))]
        for place, entry, name, meaning in cases:
            for broken in (without(entry, name), {**entry, name: None}, {**entry, name: ""}):
                with self.subTest(place=place, name=name, broken=broken.get(name, "missing")):
                    self.refused({place: [entry, broken]}, "ratchet:{}[1]: {} is missing: {}".format(place, name, meaning))

    def test_an_exception_of_the_port_policy_is_held_to_the_same(self):
        for name in ("owner", "reason", "expires"):
            self.refused({"settings": {"ports": {"exceptions": [without(EXCEPTION, name)]}}}, "ratchet:settings:ports:exceptions[0]: {} is missing".format(name))

    def test_a_third_party_has_an_agreement_that_ends_and_no_access_after_it(self):
        self.refused({"third_parties": [without(PARTY, "agreement")]}, "third_parties[0]: agreement is missing: a mapping with ref, signed, expires")
        self.refused({"third_parties": [{**PARTY, "agreement": {"signed": "2026-03-04"}}]}, "third_parties[0]:agreement: expires is missing: the last day", "agreement: ref is missing")
        self.refused({"third_parties": [{**PARTY, "accounts": [{"name": "acme-ops"}]}]}, "third_parties[0]:accounts[0]: until is missing: the last day of the access")
        self.refused({"third_parties": [{**PARTY, "accounts": [{"name": "a", "until": "2028-01-01"}]}]}, "until (2028-01-01) is after the agreement's end (2027-03-04)")

    def test_the_register_reaches_the_agent_with_its_days(self):
        staff = {"accounts": [{"name": "ops", "sudo": ["ALL"]}], "review": {"last": "2026-10-01", "by": "j.doe"}}
        party = {**PARTY, "databaseRoles": [{"role": "acme_ro", "until": "2026-12-31"}]}
        pillar = {"ratchet": {"version": "1.0.0", "staff": staff, "third_parties": [party]}}
        text, _ = formula.render("config", "app01.internal", pillar)
        for value in ("2026-03-04", "2026-10-01", "acme_ro", "acme-ops", "ALL"):
            self.assertIn(value, text)

    def test_what_a_register_grants_is_dated_and_known(self):
        self.refused({"third_parties": [{**PARTY, "agreement": {"ref": "BAA-17", "expires": "2027-03-04"}}]}, "third_parties[0]:agreement: signed is missing")
        self.refused({"third_parties": [{**PARTY, "databaseRoles": [{"role": "x"}]}]}, "third_parties[0]:databaseRoles[0]: until is missing")
        self.refused({"third_parties": [{**PARTY, "acounts": []}]}, "ratchet:third_parties[0]:acounts: unknown")
        self.refused({"staff": {"accounts": [{"name": "ops", "until": "soon"}]}}, "ratchet:staff:accounts[0]: until is malformed")
        self.refused({"staff": {"review": {"last": "2026-10-01"}}}, "ratchet:staff:review: by is missing")

    def test_malformed_days_and_times_are_refused(self):
        for day in ("30.6.2027", "2027-02-30", "2027-6-3", "never", 20270630, "2027-06-30T00:00:00Z", ["2027-06-30"]):
            with self.subTest(day=day):
                self.refused({"waivers": [{**WAIVER, "expires": day}]}, "ratchet:waivers[0]: expires is malformed")
        for time in ("2026-12-05", "2026-12-05 22:00", "2026-12-05T22:00:00", "22:00", "2026-13-05T22:00:00Z", 5):
            with self.subTest(time=time):
                self.refused({"maintenance": [{**WINDOW, "from": time}]}, "ratchet:maintenance[0]: from is malformed", "with its zone")
        self.refused({"maintenance": [{**WINDOW, "until": WINDOW["from"]}]}, "until is not after from")

    def test_owners_and_reasons_are_texts(self):
        self.refused({"waivers": [{**WAIVER, "owner": ["ops"], "reason": 7}]}, "owner is malformed", "reason is malformed")

    def test_all_faults_are_told_at_once(self):
        self.refused({"waivers": [without(WAIVER, "owner")], "maintenance": [without(WINDOW, "reason")]}, "waivers[0]: owner", "maintenance[0]: reason")

    def test_unknown_names_are_refused_where_they_stand(self):
        self.refused({"waiver": [WAIVER]}, "ratchet:waiver: unknown; known are")
        self.refused({"waivers": [{**WAIVER, "expiry": "2027-06-30"}]}, "ratchet:waivers[0]:expiry: unknown")
        self.refused({"settings": {"waivers": []}}, "ratchet:settings:waivers: unknown")
        self.refused({"policies": {"tomcat": {"port": []}}, "roles": ["tomcat"]}, "ratchet:policies:tomcat:port: unknown")
        self.refused({"roles": ["tomcats"]}, "there is no role tomcats; there are")

    def test_lists_and_mappings_are_what_they_should_be(self):
        self.refused({"waivers": WAIVER}, "ratchet:waivers: expected a list")
        self.refused({"waivers": ["sshd.forwarding"]}, "ratchet:waivers[0]: expected a mapping")
        self.refused({"settings": [1]}, "ratchet:settings: expected a mapping")
        with self.assertRaisesRegex(formula.CommandExecutionError, "ratchet: expected a mapping"):
            formula.render("config", "app01.internal", {"ratchet": "1.0.0"})

    def test_the_version_is_pinned(self):
        for version in (None, "", 1.0, "latest please"):
            self.refused({}, "ratchet: version is", version=version)
        self.refused({"package": {"source": "salt://ratchet-agent.deb"}}, "{version} stands in it")

    def test_shipping_needs_certificates(self):
        self.refused({"logstash": {"urls": ["https://logstash:8443/"]}}, "ratchet:certificate: missing")
        self.refused({"certificate": {"ca": "not PEM", "certificate": "x", "key": "y"}}, "ca is malformed", "certificate is malformed", "key is malformed")
        self.refused({"certificate": {"ca": "x", "issued_by": "salt.internal", "key": "y"}}, "signing_policy is missing", "key and issued_by exclude each other")

    def test_a_revoked_key_is_answered_for(self):
        self.refused({"keys": {"revoked": [{"kid": "short"}]}}, "kid is malformed", "owner is missing", "reason is missing")
        self.refused({"keys": {"grace": "a while"}}, "grace is malformed")

    def test_what_is_whole_is_taken(self):
        pillar = {"ratchet": {"version": "1.0.0", "waivers": [WAIVER], "maintenance": [WINDOW], "third_parties": [PARTY], "settings": {"ports": {"exceptions": [EXCEPTION]}}}}
        text, _ = formula.render("config", "app01.internal", pillar)
        for value in ("2027-06-30", "2026-12-05T22:00:00Z", "BAA-17", "INC-12"):
            self.assertIn(value, text)

    def test_what_the_agent_can_be_told_of_each_area_is_taken(self):
        settings = {"alerts": {"unknown": "2h"}, "tomcat": {"bases": ["/srv/portal"]}, "postgresql": {"reach": "private"}}
        text, _ = formula.render("config", "app01.internal", {"ratchet": {"version": "1.0.0", "settings": settings}})
        for value in ("/srv/portal", "2h", "private"):
            self.assertIn(value, text)

    def test_a_certificate_that_salt_issues_has_files_of_its_own(self):
        pem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
        shipping = {"version": "1.0.0", "logstash": {"urls": ["https://logstash:8443/"]}}
        for certificate, file in (({"ca": pem, "certificate": pem, "key": pem}, "client"), ({"ca": pem, "issued_by": "salt", "signing_policy": "ratchet"}, "issued")):
            pillar = {"ratchet": {**shipping, "certificate": certificate}}
            text, _ = formula.render("config", "app01.internal", pillar)
            self.assertIn("/etc/ratchet-agent/{}.key".format(file), text)
            self.assertIn("/etc/ratchet-agent/{}.key".format(file), formula.render("certificate", "app01.internal", pillar)[0])

    def test_a_zone_is_turned_into_utc(self):
        pillar = {"ratchet": {"version": "1.0.0", "maintenance": [{**WINDOW, "from": "2026-12-06T00:00:00+01:00"}]}}
        self.assertIn("2026-12-05T23:00:00Z", formula.render("config", "app01.internal", pillar)[0])
