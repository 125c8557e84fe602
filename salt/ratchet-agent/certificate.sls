# The client certificate that Logstash asks for, and the authority that vouches for Logstash: from pillar, or issued by the
# x509 authority of another minion (certificate:issued_by), where the private key never leaves this host.
{%- from 'ratchet-agent/map.jinja' import ratchet, directory with context %}
{%- set certificate = ratchet.certificate %}

include:
  - ratchet-agent.package
{%- if certificate %}

ratchet-agent-ca:
  file.managed:
    - name: {{ directory }}/ca.pem
    - contents: {{ certificate.ca | tojson }}
    - user: root
    - group: ratchet-agent
    - mode: '0640'
    - require:                          # the package makes the directory and the group
      - pkg: ratchet-agent-package
{%- if certificate.issued_by is defined %}
{#- Salt's newer x509 modules, default from 3008 on, have other words. #}
{%- set newer = 'x509.encode_private_key' in salt %}

ratchet-agent-client-key:
  x509.private_key_managed:
    - name: {{ directory }}/issued.key
    - {{ 'keysize' if newer else 'bits' }}: 3072
    - user: root
    - group: ratchet-agent
    - mode: '0640'
    - require:                          # the package makes the directory and the group
      - pkg: ratchet-agent-package

ratchet-agent-client-certificate:
  x509.certificate_managed:
    - name: {{ directory }}/issued.pem
    - ca_server: {{ certificate.issued_by | tojson }}
    - signing_policy: {{ certificate.signing_policy | tojson }}
    - {{ 'private_key' if newer else 'public_key' }}: {{ directory }}/issued.key
    - CN: {{ grains['id'] | tojson }}
    - days_remaining: {{ certificate.days | default(30) | tojson }}
    - user: root
    - group: ratchet-agent
    - mode: '0640'
    - require:                          # it certifies this key
      - x509: ratchet-agent-client-key
{%- else %}

ratchet-agent-client-key:
  file.managed:
    - name: {{ directory }}/client.key
    - contents: {{ certificate.key | tojson }}
    - contents_newline: false
    - show_changes: false
    - user: root
    - group: ratchet-agent
    - mode: '0640'
    - require:                          # the package makes the directory and the group
      - pkg: ratchet-agent-package

ratchet-agent-client-certificate:
  file.managed:
    - name: {{ directory }}/client.pem
    - contents: {{ certificate.certificate | tojson }}
    - user: root
    - group: ratchet-agent
    - mode: '0640'
    - require:                          # the package makes the directory and the group
      - pkg: ratchet-agent-package
{%- endif %}
{%- endif %}
