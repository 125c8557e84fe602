# What goes on: the documents of proved records, those of refused lines, and what on-call needs of an alert.

# Bytes of a refused text that are kept where nobody can cure the refusal.
TEXT_LIMIT = 1024

# PagerDuty refuses a longer summary (Events API v2, payload.summary: 1024), and with it the page.
SUMMARY_LIMIT = 1000

# The last alert of each finding that went out. Shipping is at least once, and whoever holds an old record can send it again:
# neither wakes anybody twice. Empty after a restart; Elasticsearch's own answer to a repeat is the document id.
class AlertMemory
  LIMIT = 100_000

  def initialize
    @gate, @last = Mutex.new, {}
  end

  def new?(id, sequence)
    @gate.synchronize do
      return false if @last.fetch(id, 0) >= sequence
      @last.delete(id)
      @last[id] = sequence
      @last.shift if @last.size > LIMIT
      true
    end
  end
end

def proved_document(line, claims)
  event = document(claims)
  event.set('[ratchet][jws]', line.force_encoding(Encoding::UTF_8))
  event.set('[ratchet][verified]', true)
  sweep = claims['event']['dataset'] == 'ratchet.sweeps'
  route(event, sweep ? 'metrics' : 'logs', sweep ? 'ratchet.sweeps' : 'ratchet.findings')
  event.set('[@metadata][ratchet]', mark(claims))
  event
end

# The positive mark, and with it what outputs need beside the document.
def mark(claims)
  mark = { 'verified' => true }
  return mark unless claims['event']['action'] == 'finding'
  # Of the name that the key is bound to, not of host.id, which a host could borrow. Hashed: a subject is too long for an id.
  id = Digest::SHA256.hexdigest([claims['host']['name'], claims['rule']['id'], claims['resource']['name']].join("\n"))
  mark['finding'] = id
  return mark unless claims['event']['kind'] == 'alert' && @alerts.new?(id, claims['event']['sequence'])
  transition = claims['ratchet']['transition']
  # A reminder triggers, too: PagerDuty adds it to the open incident.
  mark.merge('alert' => transition == 'resolved' ? 'resolve' : 'trigger',
             'news' => (claims['ratchet']['alert'] || {}).fetch('event', transition || 'alert'),
             'severity' => pager_severity(claims['event']['severity']),
             'summary' => "#{claims['host']['name']}: #{claims['message']}"[0, SUMMARY_LIMIT])
end

# The words of PagerDuty for event.severity.
def pager_severity(number)
  if number >= 90 then 'critical'
  elsif number >= 70 then 'error'
  elsif number >= 40 then 'warning'
  else 'info'
  end
end

def refused_document(refusal, text, peer)
  bytes = text.dup.force_encoding(Encoding::BINARY)
  kept = refusal.keeps_text? ? bytes : bytes.byteslice(0, TEXT_LIMIT)
  quarantined(refusal, peer, 'lines' => 1, 'bytes' => bytes.bytesize, 'sha256' => Digest::SHA256.hexdigest(bytes),
                             'text' => kept.gsub(/[^\x20-\x7e]/n) { |byte| format('\x%02x', byte.ord) })
end

# For the lines of a request beyond those that have documents of their own.
def summary_document(refusals, peer)
  counts = refusals.group_by(&:code).map { |code, of| "#{of.size} #{code}" }.join(', ')
  quarantined(Refusal.new('more', "further lines of one request were refused: #{counts}"), peer, 'lines' => refusals.size)
end

def quarantined(refusal, peer, details)
  event = document(
    'message' => "refused: #{refusal.message}",
    'event' => { 'kind' => 'event', 'category' => ['intrusion_detection'], 'type' => ['denied'], 'outcome' => 'failure',
                 'action' => 'record-refused', 'reason' => refusal.message, 'module' => 'ratchet', 'dataset' => 'ratchet.quarantine' },
    'ratchet' => { 'quarantine' => details.merge('reason' => refusal.code) }
  )
  event.set('[source][ip]', peer) if peer.is_a?(String) && peer =~ /\A[0-9A-Fa-f.:]{2,45}\z/
  route(event, 'logs', 'ratchet.quarantine')
  event.set('[@metadata][ratchet]', 'refused' => true)
  event
end

def document(fields)
  event = LogStash::Event.new(fields)
  # Logstash's own; no template of ours knows it.
  event.remove('@version')
  event
end

def route(event, type, dataset)
  event.set('data_stream', 'type' => type, 'dataset' => dataset, 'namespace' => @namespace)
end
