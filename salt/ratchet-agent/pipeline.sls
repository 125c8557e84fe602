# On Logstash hosts: the pipeline that proves the records (packaging/logstash of the agent). Its keys are there before it runs.
{%- from 'ratchet-agent/map.jinja' import ratchet with context %}

include:
  - ratchet-agent.keys

ratchet-pipeline-files:
  file.recurse:
    - name: /etc/logstash/ratchet
    - source: {{ ratchet.pipeline.source | tojson }}
    - exclude_pat: pipelines.yml
    - user: root
    - group: root
    - file_mode: '0644'
    - dir_mode: '0755'
    - require:                          # the pipeline refuses all records without keys
      - ratchet: ratchet-keys

ratchet-pipeline-entry:
  file.blockreplace:
    - name: /etc/logstash/pipelines.yml
    - marker_start: '# Ratchet: written by Salt'
    - marker_end: '# Ratchet: end'
    - source: {{ ratchet.pipeline.source }}/pipelines.yml
    - append_if_not_found: true
    - require:                          # Logstash reads what the entry names
      - file: ratchet-pipeline-files

# A change of the keys needs no restart: the script reads them again.
ratchet-pipeline-service:
  service.running:
    - name: {{ ratchet.pipeline.service | tojson }}
    - enable: true
    - watch:                            # Logstash reads its pipelines at its start
      - file: ratchet-pipeline-files
      - file: ratchet-pipeline-entry
