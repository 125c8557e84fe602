# The configuration, all of it from pillar. The agent itself judges the new file before it replaces the old: file.serialize has
# no check_cmd, so the text is made by ratchet_pillar.settings (sorted, the same bytes every time) and file.managed writes it.
{%- from 'ratchet-agent/map.jinja' import ratchet, directory with context %}

include:
  - ratchet-agent.package
  - ratchet-agent.certificate

ratchet-agent-config:
  file.managed:
    - name: {{ directory }}/conf.d/agent.json
    - contents: {{ ratchet.config | tojson }}
    - contents_newline: false
    - makedirs: true
    - user: root
    - group: ratchet-agent
    - mode: '0640'
    # In conf.d, and not named *.json: neither is another conf.d beside the new file, nor does the agent read it yet.
    - tmp_dir: {{ directory }}/conf.d
    - check_cmd: ratchet-agent config --config
    - require:                          # the program judges the file; the files that it names are there when it is read
      - pkg: ratchet-agent-package
{%- if ratchet.certificate %}
{%- set kind = 'x509' if ratchet.certificate.issued_by is defined else 'file' %}
      - file: ratchet-agent-ca
      - {{ kind }}: ratchet-agent-client-key
      - {{ kind }}: ratchet-agent-client-certificate
{%- endif %}
