# Of one instance, written by a job of the master (or an external pillar) that may describe the account's volumes and groups. What
# stands in grains says the minion; what stands here, whoever asked AWS.
ratchet:
  aws_attestation:
    generated: '2026-11-21T02:00:00Z'
    valid_until: '2026-11-22T02:00:00Z'
    source: ec2:DescribeVolumes by the collector on salt.internal
    account: '123456789012'
    region: eu-central-1
    instance_id: i-0123456789abcdef0
    metadata_options: {http_tokens: required, hop_limit: 1}
    volumes:
      - {id: vol-0123456789abcdef0, device: /dev/sdf, encrypted: true, key_manager: CUSTOMER}
    security_groups: [sg-0123456789abcdef0]
    security_group_rules:
      - {group: sg-0123456789abcdef0, dir: in, proto: tcp, from: 443, to: 443, src: sg-0fedcba9876543210}
