# The host's public key in the Salt mine, from where the state ratchet-agent.keys takes it to the Logstash hosts. Salt's own key
# of the minion vouches for it. Nothing ships yet: an installation does not start the service.
include:
  - ratchet-agent.package
  - ratchet-agent.config

ratchet-agent-enrolled:
  ratchet.enrolled:
    - name: ratchet.public_keys
    - require:                          # the program makes the key, and with it record 1, which names the host as configured
      - pkg: ratchet-agent-package
      - file: ratchet-agent-config
