# The minion keeps what its jobs returned (cache_jobs): salt.highstate-recent and salt.drift-free judge by that alone, and are
# unknown without. ratchet:minion:cache_jobs: false leaves the minion as it is.
{%- from 'ratchet-agent/map.jinja' import ratchet with context %}
{%- set file = salt['file.dirname'](opts.conf_file) ~ '/minion.d/ratchet-agent.conf' %}
{%- if ratchet.minion.cache_jobs %}

ratchet-minion-returns:
  file.managed:
    - name: {{ file }}
    - contents: |
        # Written by Salt, the formula ratchet-agent.
        cache_jobs: True
    - user: root
    - group: root
    - mode: '0644'

# Salt itself never clears them. systemd-tmpfiles looks once a day.
ratchet-minion-returns-bounded:
  file.managed:
    - name: /etc/tmpfiles.d/ratchet-agent-minion.conf
    - contents: e {{ opts.cachedir }}/minion_jobs - - - 30d
    - user: root
    - group: root
    - mode: '0644'
{%- if not opts.cache_jobs %}

# A minion reads its configuration at its start alone. It is restarted by systemd, beside it and not by it, once its jobs have
# returned, this one among them; one that keeps its returns already is not.
ratchet-minion-restarted:
  cmd.run:
    - name: >-
        systemd-run --quiet --collect --unit=ratchet-minion-restart /bin/sh -c
        'timeout 600 sh -c "while ls -A {{ opts.cachedir }}/proc | grep -q .; do sleep 1; done"; sleep 5; systemctl try-restart salt-minion'
    - onchanges:                        # no other change is a reason
      - file: ratchet-minion-returns
{%- endif %}
{%- else %}

ratchet-minion-no-returns:
  file.absent:
    - names:
      - {{ file }}
      - /etc/tmpfiles.d/ratchet-agent-minion.conf
{%- endif %}
