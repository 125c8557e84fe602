# The agent is gone, its key out of the mine first: what it still ships is refused from then on, as is what a copy of its key
# signs. Its records and keys in Logstash and in the archive stay.
ratchet-agent-withdrawn:
  ratchet.withdrawn:
    - name: ratchet.public_keys

ratchet-agent-dead:
  service.dead:
    - name: ratchet-agent
    - enable: false
    # Of a service that is not there service.dead would tell a trial run that it might stop.
    - onlyif: systemctl cat ratchet-agent.service

ratchet-agent-purged:
  pkg.purged:
    - name: ratchet-agent
    - require:                          # a stop ships what it can; a removal under it would not
      - service: ratchet-agent-dead

{%- for path in ['/etc/ratchet-agent', '/var/lib/ratchet-agent', '/etc/apt/sources.list.d/ratchet-agent.list', '/usr/share/keyrings/ratchet-agent.gpg',
                 '/etc/tmpfiles.d/ratchet-agent-minion.conf', salt['file.dirname'](opts.conf_file) ~ '/minion.d/ratchet-agent.conf'] %}

ratchet-agent-no{{ path | replace('/', '-') }}:
  file.absent:
    - name: {{ path }}
    - require:                          # the package removes its own files first
      - pkg: ratchet-agent-purged
{%- endfor %}
