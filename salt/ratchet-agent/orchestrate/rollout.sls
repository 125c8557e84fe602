# salt-run state.orchestrate ratchet-agent.orchestrate.rollout pillar='{"ratchet_targets": "web*"}'
# First roll-out without a minute of quarantine: keys are made and enrolled while no service runs yet; the Logstash hosts learn
# them; only then do the services start.
{%- set agents = salt['pillar.get']('ratchet_targets', '*') %}
{%- set logstash = salt['pillar.get']('ratchet_logstash', 'I@ratchet:roles:logstash or G@roles:logstash') %}

modules:
  salt.function:
    - name: saltutil.sync_all
    - tgt: '*'

keys made and in the mine:
  salt.state:
    - tgt: {{ agents | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent.enrolment
    - require:                          # the states are among the modules
      - salt: modules

keys on the Logstash hosts:
  salt.state:
    - tgt: {{ logstash | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent.pipeline
    - require:                          # it takes the keys from the mine
      - salt: keys made and in the mine

agents ship:
  salt.state:
    - tgt: {{ agents | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent
    - require:                          # what they ship is believed from the first record
      - salt: keys on the Logstash hosts
