base:
  '*':
    - ratchet
  'app*':
    - tomcat
  'db*':
    - postgres
  'logstash*':
    - logstash
  'salt*':
    - salt-master
