# The host's public key in the Salt mine, from where the state ratchet-agent.keys takes it to the Logstash hosts. Salt's own key
# of the minion vouches for it.
include:
  - ratchet-agent.package

ratchet-agent-enrolled:
  ratchet.enrolled:
    - name: ratchet.public_keys
    - require:                          # the program makes the key
      - pkg: ratchet-agent-package
