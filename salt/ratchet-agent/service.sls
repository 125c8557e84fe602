# Two states on one service: a new package needs a restart, a new configuration or certificate a reload, nothing else either.
{%- from 'ratchet-agent/map.jinja' import ratchet with context %}

include:
  - ratchet-agent.package
  - ratchet-agent.certificate
  - ratchet-agent.config
  - ratchet-agent.enrolment

ratchet-agent-service:
  service.running:
    - name: ratchet-agent
    - enable: true
    - watch:                            # a new program runs only after a restart
      - pkg: ratchet-agent-package
    - require:                          # the start reads the configuration; the mine knows the key before the first record
      - file: ratchet-agent-config
      - ratchet: ratchet-agent-enrolled

ratchet-agent-reloaded:
  service.running:
    - name: ratchet-agent
    - reload: true
    - watch:                            # the service reads these at its start and on reload
      - file: ratchet-agent-config
{%- if ratchet.certificate %}
{%- set kind = 'x509' if ratchet.certificate.issued_by is defined else 'file' %}
      - file: ratchet-agent-ca
      - {{ kind }}: ratchet-agent-client-key
      - {{ kind }}: ratchet-agent-client-certificate
{%- endif %}
    - require:                          # where the start has read them already, a reload is quick and harmless
      - service: ratchet-agent-service
