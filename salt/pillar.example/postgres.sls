ratchet:
  roles: [postgres]
  settings:
    disk:
      data: [/srv/pg]
    postgresql:
      reach: private
      backups:
        - {cluster: 16/main, encrypted: true, attestedBy: 'barman check, dba', at: 2026-10-01}
    ossec:
      lockGrace: 1m
  # Times with their zone, quoted or not.
  maintenance:
    - {from: '2026-12-05T22:00:00Z', until: '2026-12-06T02:00:00Z', owner: dba, reason: minor upgrade CHG-204}
