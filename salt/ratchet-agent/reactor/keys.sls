# For the master's reactor, on ratchet/key/* and salt/key: the Logstash hosts take new keys as soon as the mine has them, and drop
# those of a minion as soon as they leave it, or Salt's own key of the minion is deleted or rejected. An accepted minion has nothing in the mine yet.
{%- if data.get('act', 'delete') in ['delete', 'reject'] %}
ratchet keys on the Logstash hosts:
  local.state.apply:
    - tgt: 'I@ratchet:roles:logstash or G@roles:logstash'
    - tgt_type: compound
    - arg:
      - ratchet-agent.keys
    - kwarg:
        queue: true
{%- endif %}
