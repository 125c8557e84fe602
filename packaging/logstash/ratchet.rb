# The script of Logstash's ruby filter that proves Ratchet's records before anything believes them.
#
# In:  one event per HTTP request; its message is the body, one record (compact JWS) per line.
# Out: an event per record. Of a proved one: the fields of its payload, the record itself in ratchet.jws, data_stream.*, and the
#      mark [@metadata][ratchet][verified], which nothing else gets. Of any other line: [@metadata][ratchet][refused], the reason
#      and the text, cut; none of its fields.
# The request's own event never goes on, so that nothing that a client wrote beside its records does. An exception that the
# script did not expect fails open in Logstash (the request goes on with the tag _rubyexception): so outputs ask for the marks.
#
# script_params: keys       JWK Set (RFC 7517), each key with its host; read again when the file changes
#                namespace  of the data streams; "default" where it is not given
#
# One object serves all workers of the pipeline. What changes after register is behind a lock: the key set, which is replaced
# as a whole, and the memory of alerts. Runs on Ruby 2.6 to 3.4 and JRuby, with nothing but their default gems.

require 'digest'
require 'json'
require 'openssl'
require 'time'

# Not required but evaluated: a reloaded pipeline gets its own copy, as it does of this file.
evaluate = lambda do |part|
  file = File.expand_path("ratchet/#{part}.rb", File.dirname(__FILE__))
  instance_eval(File.read(file, encoding: 'UTF-8'), file, 1)
end
%w[keys record shape documents].each(&evaluate)

# The agent sends at most 1,000 records in one request.
LINES_LIMIT = 10_000

# Lines of one request that go to quarantine one by one; the others are counted.
SAMPLES_LIMIT = 20

def register(params)
  @namespace = params.fetch('namespace', 'default')
  @keys = KeyFile.new(params.fetch('keys'), logger)
  @alerts = AlertMemory.new
end

def filter(event)
  body, peer = event.get('message'), event.get('[@metadata][peer_ip]')
  raise Refusal.new('malformed', 'the request has no text') unless body.is_a?(String)
  # Bytes, not characters: a body need not be text, and String#split refuses one that is not.
  lines = body.dup.force_encoding(Encoding::BINARY).split("\n", LINES_LIMIT + 1).reject(&:empty?)
  raise Refusal.new('oversize', "the request has more than #{LINES_LIMIT} lines") if lines.size > LINES_LIMIT
  raise Refusal.new('malformed', 'the request is empty') if lines.empty?
  expand(lines, peer)
rescue Refusal => refusal
  [refused_document(refusal, body.to_s, peer)]
rescue StandardError => error
  [refused_document(unexpected(error), body.to_s, peer)]
end

# The events of all lines, in their order.
def expand(lines, peer)
  keys, cut, others = @keys.current, 0, []
  events = lines.map do |line|
    result = examine(line, keys)
    next result unless result.is_a?(Refusal)
    cut += 1 unless result.keeps_text?
    next refused_document(result, line, peer) if result.keeps_text? || cut <= SAMPLES_LIMIT
    others << result
    nil
  end
  events << summary_document(others, peer) unless others.empty?
  events.compact
end

# The document of a proved record, or the refusal.
def examine(line, keys)
  proved_document(line, prove(line, keys))
rescue Refusal => refusal
  refusal
rescue StandardError => error
  unexpected(error)
end

def unexpected(error)
  logger.error('a record could not be examined', 'exception' => error.class.name, 'backtrace' => (error.backtrace || []).first(5))
  Refusal.new('error', "the pipeline failed on it: #{error.class}")
end

# Last: Logstash runs into a test block where it stands.
evaluate.call('tests')
