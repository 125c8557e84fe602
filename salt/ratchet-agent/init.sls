# The agent on a host: installed, configured, enrolled, running, in this order. The key is in the mine before the service starts,
# so that Logstash can know it before the first record comes (orchestrate/rollout.sls makes sure that it does).
include:
  - ratchet-agent.package
  - ratchet-agent.certificate
  - ratchet-agent.config
  - ratchet-agent.attestation
  - ratchet-agent.enrolment
  - ratchet-agent.service
  - ratchet-agent.minion
