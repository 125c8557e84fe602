# The agent on a host: installed, enrolled, configured, running. The key goes to the mine before the configuration says where
# to ship, so that Logstash can know it before the first record.
include:
  - ratchet-agent.package
  - ratchet-agent.enrolment
  - ratchet-agent.certificate
  - ratchet-agent.config
  - ratchet-agent.service
