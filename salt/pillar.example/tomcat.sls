ratchet:
  roles: [tomcat]
  settings:
    tomcat:
      bases: [/srv/portal]
    ports:
      exceptions:
        - {protocol: tcp, port: 9999, program: /usr/bin/java, owner: ops, reason: JMX during INC-12, expires: 2027-01-31}
  waivers:
    - {rule: sshd.forwarding, subject: '*', owner: ops, reason: tunnel to the old billing host, expires: 2027-06-30}
