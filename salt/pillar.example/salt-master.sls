ratchet:
  roles: [salt-master]
  settings:
    disk:
      data: [/srv/pillar]
    # The fleet's minions come from the whole private network.
    ports:
      allow:
        - {protocol: tcp, port: 4507, unit: salt-api.service, reach: private}
