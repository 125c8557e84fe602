# The package in the pinned version, from the file server (package:source), from a repository of its own (package:repository),
# or from what apt knows already.
{%- from 'ratchet-agent/map.jinja' import ratchet with context %}

{%- if ratchet.package.repository is defined %}

ratchet-agent-keyring:
  file.managed:
    - name: /usr/share/keyrings/ratchet-agent.gpg
    - source: {{ ratchet.package.keyring | tojson }}
    - mode: '0644'

ratchet-agent-repository:
  file.managed:
    - name: /etc/apt/sources.list.d/ratchet-agent.list
    - contents: {{ ratchet.package.repository | tojson }}
    - mode: '0644'
    - require:                          # apt refuses a source whose keyring is missing
      - file: ratchet-agent-keyring
{%- endif %}

ratchet-agent-package:
  pkg.installed:
{%- if ratchet.package.source is defined %}
    - sources:
      - ratchet-agent: {{ ratchet.package.source | tojson }}
{%- else %}
    - name: ratchet-agent
    - version: {{ ratchet.version | tojson }}
{%- endif %}
    - refresh: {{ (ratchet.package.repository is defined) | tojson }}
{%- if ratchet.package.repository is defined %}
    - require:                          # where the package comes from
      - file: ratchet-agent-repository
{%- endif %}
