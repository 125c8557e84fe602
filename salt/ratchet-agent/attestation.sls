# What a collector with rights in the AWS account saw of this instance from outside, from pillar, which a minion cannot change:
# the agent judges volumes and security groups by it. It is dated; one that is gone from pillar is gone from the host. The agent
# sees the new file by itself: no reload.
{%- from 'ratchet-agent/map.jinja' import ratchet, directory with context %}

include:
  - ratchet-agent.package
{%- if ratchet.aws_attestation %}

ratchet-aws-attestation:
  file.managed:
    - name: {{ directory }}/attest/aws.json
    - contents: {{ ratchet.aws_attestation | tojson }}
    - contents_newline: false
    - makedirs: true
    - dir_mode: '0755'
    - user: root
    - group: root
    - mode: '0644'
    - require:                          # the package makes the directory above
      - pkg: ratchet-agent-package
{%- else %}

ratchet-aws-no-attestation:
  file.absent:
    - name: {{ directory }}/attest/aws.json
{%- endif %}
