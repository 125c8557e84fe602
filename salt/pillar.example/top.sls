base:
  '*':
    - ratchet
  'app*':
    - tomcat
  'app01*':
    - aws
  'db*':
    - postgres
  'logstash*':
    - logstash
  'salt*':
    - salt-master
