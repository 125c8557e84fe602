ratchet:
  roles: [salt-master]
  settings:
    # The fleet's minions come from the whole private network.
    ports:
      allow:
        - {protocol: tcp, port: 4507, unit: salt-api.service, reach: private}
