# What holds for every host. Host files below add to it; Salt merges mappings, and lists where pillar_merge_lists is set.
ratchet:
  version: '1.0.0'
  package:
    # A .deb on the file server. Or a repository of its own:
    #   repository: deb [signed-by=/usr/share/keyrings/ratchet-agent.gpg] https://apt.example.org stable main
    #   keyring: salt://ratchet-agent/files/ratchet-agent.gpg
    # Or neither, where apt knows the package already.
    source: salt://ratchet-agent/files/ratchet-agent_{version}_amd64.deb
  logstash:
    urls:
      - https://logstash-1.internal:8443/
      - https://logstash-2.internal:8443/
  certificate:
    # The authority of the Logstash hosts. The client certificate is issued by the minion that has the policy "ratchet" in its
    # x509_signing_policies; certificate and key in place of issued_by and signing_policy give it from pillar.
    ca: |
      -----BEGIN CERTIFICATE-----
      (the authority of the Logstash hosts)
      -----END CERTIFICATE-----
    issued_by: salt.internal
    signing_policy: ratchet
  # The agent's own settings, as README has them: all but those that have a place of their own here.
  settings:
    interval: 5m
    ssh:
      contexts:
        - {user: root, address: 203.0.113.5}
    tls: {certificateAuthority: /etc/ssl/certs/ca-certificates.crt, renewal: 21d}
    ubuntu: {updateWithin: 5d}
    salt: {required: true, highstateWithin: 2d}
    access: {inactive: 90d}
    alerts:
      high: {openSweeps: 3, resolveSweeps: 6}
      unknown: 2h
  # Policies of a role, added to those that the agent has: settings as above. A site may have roles of its own.
  policies:
    tomcat:
      ports:
        allow:
          - {protocol: tcp, port: 8009, unit: tomcat10.service, reach: loopback}
  # The register of who may enter: what is not in it, or has ended, is a finding. Keys as `ssh-keygen -l` prints them.
  staff:
    accounts:
      - name: ops
        keys: ['SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU']
        sudo: [ALL]
    databaseRoles:
      - {role: postgres}
    sources: [10.0.0.0/8]
    review: {last: 2026-10-01, by: j.doe}
  third_parties:
    - id: acme
      owner: j.doe
      reason: support of the billing application
      agreement: {ref: BAA-17, signed: 2026-03-04, expires: 2027-03-04}
      scope: {hosts: ['app*.internal']}
      accounts:
        - name: acme-ops
          until: 2026-12-31
          keys: ['SHA256:JCwbvHkoh3bQYeTnVFpkS1Ba9bpKvD4Tl5XdvaUIPaY']
          sudo: [/usr/bin/systemctl restart tomcat10]
          sources: [198.51.100.0/24]

# A highstate twice a day, which salt.highstate-recent and salt.drift-free judge. The formula has minions keep their returns for it
# (cache_jobs; ratchet:minion:cache_jobs: false leaves them as they are) and restarts a minion once where it did not.
schedule:
  highstate: {function: state.apply, hours: 12, splay: 1800, run_on_start: false}

# The key goes to the mine with every mine interval, and at once with the state ratchet-agent.
mine_functions:
  ratchet.public_keys: []

# salt/beacon/MINION/ratchet/opened on the master's bus when a critical finding opens.
beacons:
  ratchet:
    - interval: 30
    - severity: critical
