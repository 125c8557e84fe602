ratchet:
  roles: [postgres]
  settings:
    disk:
      data: [/srv/pg]
    ossec:
      lockGrace: 1m
  # Times with their zone, quoted or not.
  maintenance:
    - {from: '2026-12-05T22:00:00Z', until: '2026-12-06T02:00:00Z', owner: dba, reason: minor upgrade CHG-204}
