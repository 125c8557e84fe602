ratchet:
  roles: [logstash]
  keys:
    grace: 30d                # how long a former key is believed: records that it signed may wait in a spool
    revoked: []               # - {kid: …, owner: security, reason: host stolen INC-31}
