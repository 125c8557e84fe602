# What a payload must look like to become a document. A key is one host's, and the host may be in an attacker's hands: it must
# not choose an index, break a mapping or stand in for the fields that this pipeline sets.

UUID = /\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\z/
TIME = /\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z\z/
HASH = /\A[A-Za-z0-9_-]{43}\z/
WORD = /\A[a-z][a-z0-9-]{0,63}\z/
RULE = /\A[a-z0-9][a-z0-9.-]{0,99}\z/
DATASET = /\Aratchet\.[a-z]{1,32}\z/
NAME = /\A[a-z][a-z0-9_]{0,63}\z/

KINDS = %w[state alert event metric].freeze
EVALUATIONS = %w[passed failed unknown not_applicable waived].freeze

# Set by this pipeline, or read by Logstash's outputs.
RESERVED = %w[data_stream tags type].freeze

# Kept, not indexed.
FREE = %w[evidence expected].freeze

# Longest text of a field that is indexed whole.
TEXT_FIELD_LIMIT = 32_000

def require_shape(claims)
  claims.each_pair do |name, value|
    shape(name == '@timestamp' || (NAME.match?(name) && !RESERVED.include?(name)), 'a name')
    require_values(value, false)
  end
  shape(time?(text(claims, '@timestamp', TIME)), '@timestamp')
  require_event(object(claims, 'event'))
  host = object(claims, 'host')
  %w[name id].each { |name| text(host, name, /\A[[:graph:]]{1,255}\z/) }
  require_chain(object(claims, 'ratchet'))
  require_finding(claims, host) if claims['event']['action'] == 'finding'
end

def require_event(event)
  text(event, 'id', UUID)
  shape(KINDS.include?(event['kind']), 'event.kind')
  text(event, 'action', WORD)
  text(event, 'dataset', DATASET)
  shape(event['module'] == 'ratchet', 'event.module')
  whole(event, 'sequence')
end

def require_chain(ratchet)
  %w[jws verified quarantine].each { |name| shape(!ratchet.key?(name), "ratchet.#{name}") }
  # Both come into the subject of a mail.
  text(ratchet, 'transition', WORD) if ratchet.key?('transition')
  text(object(ratchet, 'alert'), 'event', WORD) if ratchet.key?('alert')
  chain = object(ratchet, 'chain')
  text(chain, 'id', UUID)
  number = whole(chain, 'sequence')
  # Record 1, and only it, has none before it.
  number == 1 ? shape(!chain.key?('previous'), 'ratchet.chain.previous') : text(chain, 'previous', HASH)
end

def require_finding(claims, host)
  rule, resource = object(claims, 'rule'), object(claims, 'resource')
  text(rule, 'id', RULE)
  name = text(resource, 'name', /\A.{1,4096}\z/m)
  shape(resource['id'] == "#{host['id']}:#{name}", 'resource.id')
  shape(EVALUATIONS.include?(object(claims, 'result')['evaluation']), 'result.evaluation')
  severity = claims['event']['severity']
  shape(severity.is_a?(Integer) && severity.between?(0, 100), 'event.severity')
end

# A name with a dot would be a path to Elasticsearch, one with an @ a field of Logstash. Evidence may name as it likes.
# Half of a surrogate pair (\ud800) is refused by one JSON parser and becomes an invalid text in another.
def require_values(value, free)
  case value
  when String then shape(value.valid_encoding? && (free || value.bytesize <= TEXT_FIELD_LIMIT), 'a text')
  when Hash
    value.each_pair do |name, inner|
      shape(free ? name.valid_encoding? : NAME.match?(name), 'a name')
      require_values(inner, free || FREE.include?(name))
    end
  when Array then value.each { |inner| require_values(inner, free) }
  when Float then shape(value.finite?, 'a number')
  when Integer then shape(value.bit_length < 64, 'a number')
  end
end

def object(parent, name)
  value = parent[name]
  shape(value.is_a?(Hash), name) && value
end

def text(parent, name, form)
  value = parent[name]
  shape(value.is_a?(String) && form.match?(value), name) && value
end

# A positive number that fits Elasticsearch's long.
def whole(parent, name)
  value = parent[name]
  shape(value.is_a?(Integer) && value.between?(1, (1 << 63) - 1), name) && value
end

def time?(value)
  Time.iso8601(value)
rescue ArgumentError
  false
end

def shape(good, name)
  good || raise(Refusal.new('malformed', "the payload is not that of a record: #{name}"))
end
