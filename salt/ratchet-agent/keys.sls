# On Logstash hosts: the keys of all minions that Salt accepts, each with its minion id as "host", from the mine. A minion that
# left the mine is dropped from the set at once; the archive keeps its key and until when it was believed. On other hosts that
# should keep an archive (the Salt master), the same state works.
{%- from 'ratchet-agent/map.jinja' import ratchet with context %}

ratchet-keys-directory:
  file.directory:
    - name: /etc/logstash/ratchet
    - makedirs: true
    - user: root
    - group: root
    - mode: '0755'

ratchet-keys:
  ratchet.key_set:
    - name: /etc/logstash/ratchet/keys.json
    - archive: /etc/logstash/ratchet/keys-archive.json
    - keys: {{ salt['mine.get']('*', 'ratchet.public_keys') | tojson }}
    - grace: {{ ratchet['keys'].grace | tojson }}
    - revoked: {{ ratchet['keys'].revoked | tojson }}
    - mode: '0644'
    - require:                          # the files stand in it
      - file: ratchet-keys-directory
