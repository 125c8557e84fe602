# salt-run state.orchestrate ratchet-agent.orchestrate.rollout pillar='{"ratchet_targets": "web*"}'
# First roll-out without a minute of quarantine: keys are made and enrolled while no service runs yet; the Logstash hosts learn
# them; only then do the services start.
# Queued: the reactor may be at work on the same hosts.
{%- set agents = salt['pillar.get']('ratchet_targets', '*') %}
{%- set logstash = salt['pillar.get']('ratchet_logstash', 'I@ratchet:roles:logstash or G@roles:logstash') %}

modules:
  salt.function:
    - name: saltutil.sync_all
    - tgt: '*'

modules loaded:
  salt.function:
    - name: saltutil.refresh_modules
    - tgt: '*'
    - kwarg: {async: false}             # sync_all does not wait until they can be called
    - require:                          # they are there to load
      - salt: modules

keys made and in the mine:
  salt.state:
    - tgt: {{ agents | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent.enrolment
    - queue: true
    - require:                          # the states are among the modules
      - salt: modules loaded

keys on the Logstash hosts:
  salt.state:
    - tgt: {{ logstash | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent.pipeline
    - queue: true
    - require:                          # it takes the keys from the mine
      - salt: keys made and in the mine

agents ship:
  salt.state:
    - tgt: {{ agents | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent
    - queue: true
    - require:                          # what they ship is believed from the first record
      - salt: keys on the Logstash hosts
