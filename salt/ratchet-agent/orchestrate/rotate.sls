# salt-run state.orchestrate ratchet-agent.orchestrate.rotate pillar='{"ratchet_targets": "web*"}'
# New keys without a minute of quarantine: each host prepares its successor and goes on with its key; the Logstash hosts learn
# the successors; only then do the hosts go on with them. The former keys are believed for ratchet:keys:grace more, as records
# that they signed may wait in a spool. A host that missed a step keeps its key: ratchet.rotate_key refuses it.
# Queued: the reactor may be at work on the same hosts.
{%- set agents = salt['pillar.get']('ratchet_targets', '*') %}
{%- set logstash = salt['pillar.get']('ratchet_logstash', 'I@ratchet:roles:logstash or G@roles:logstash') %}

successors prepared:
  salt.function:
    - name: ratchet.prepare_key
    - tgt: {{ agents | tojson }}
    - tgt_type: compound

successors in the mine:
  salt.state:
    - tgt: {{ agents | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent.enrolment
    - queue: true
    - require:                          # it takes them there
      - salt: successors prepared

successors on the Logstash hosts:
  salt.state:
    - tgt: {{ logstash | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent.keys
    - queue: true
    - require:                          # it takes them from the mine
      - salt: successors in the mine

successors in use:
  salt.function:
    - name: ratchet.rotate_key
    - tgt: {{ agents | tojson }}
    - tgt_type: compound
    - require:                          # no record is signed by a key that Logstash does not know
      - salt: successors on the Logstash hosts

mine without the former keys:
  salt.state:
    - tgt: {{ agents | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent.enrolment
    - queue: true
    - require:                          # they are in use until then
      - salt: successors in use

grace of the former keys:
  salt.state:
    - tgt: {{ logstash | tojson }}
    - tgt_type: compound
    - sls: ratchet-agent.keys
    - queue: true
    - require:                          # it begins when the mine has them no more
      - salt: mine without the former keys
