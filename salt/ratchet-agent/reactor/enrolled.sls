# For the master's reactor, on ratchet/key/enrolled: the Logstash hosts take new keys as soon as the mine has them.
ratchet keys on the Logstash hosts:
  local.state.apply:
    - tgt: 'I@ratchet:roles:logstash or G@roles:logstash'
    - tgt_type: compound
    - arg:
      - ratchet-agent.keys
    - kwarg:
        queue: true
