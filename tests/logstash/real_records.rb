# The agent's real records through the script: real_records.rb SCRIPT KEYS BODY… prints the documents, one a line, and fails
# where one differs from its record's payload, or where a forged, replayed or foreign record gets through.
require_relative 'standin'
require 'tempfile'

script_path, key_path, *bodies = ARGV
abort 'no bodies' if bodies.empty?
body = bodies.map { |path| File.read(path, encoding: 'UTF-8') }.join
lines = body.split("\n")
problems = []

documents_of = lambda do |keys, text|
  script = Script.new(script_path).register('keys' => keys)
  script.filter(LogStash::Event.new('message' => text, '@metadata' => { 'peer_ip' => '127.0.0.1' }))
end
payload_of = lambda { |line| JSON.parse(line.split('.')[1].tr('-_', '+/').unpack('m').first) }
all_refused = lambda do |events, reason|
  events.any? && events.all? { |event| event.get('[@metadata][ratchet]') == { 'refused' => true } && event.get('[ratchet][quarantine][reason]') == reason }
end
expect = lambda { |what, holds| holds ? warn("ok   #{what}") : problems << what }

events = documents_of.call(key_path, body)
expect.call('each record is one document', events.size == lines.size)
events.zip(lines) do |event, line|
  document = event.to_hash
  streams = document.delete('data_stream')
  jws, verified = %w[jws verified].map { |name| document['ratchet'].delete(name) }
  expect.call("#{document['event']['id']} is marked, and keeps its proof", verified && jws == line && event.get('[@metadata][ratchet][verified]'))
  payload = payload_of.call(line)
  expect.call("#{document['event']['id']} says what was signed", document == payload)
  sweep = payload['event']['action'] == 'sweep'
  expect.call("#{document['event']['id']} is in its stream", streams == { 'type' => sweep ? 'metrics' : 'logs', 'dataset' => sweep ? 'ratchet.sweeps' : 'ratchet.findings', 'namespace' => 'default' })
end

# A digit of the payload, so that it stays JSON.
forged = lines.map do |line|
  header, part, signature = line.split('.')
  text = part.tr('-_', '+/').unpack('m').first.sub(/"sequence":(\d)/) { %("sequence":#{($1.to_i % 8) + 1}) }
  JSON.parse(text)
  [header, [text].pack('m0').tr('+/', '-_').delete('='), signature].join('.')
end
expect.call('a forged record is refused', forged.first(20).all? { |line| all_refused.call(documents_of.call(key_path, line), 'forged') })

again = documents_of.call(key_path, body + body)
expect.call('a replayed record is no second document', again.map { |event| event.get('[event][id]') }.uniq.size == lines.size && again.size == 2 * lines.size)
alerts = lambda { |of| of.count { |event| event.get('[@metadata][ratchet][alert]') } }
expect.call('a replayed alert pages nobody', alerts.call(again) == alerts.call(events))

foreign = Tempfile.new('keys')
foreign.write(JSON.generate('keys' => JSON.parse(File.read(key_path))['keys'].map { |key| key.merge('host' => 'elsewhere.internal') }))
foreign.close
expect.call('a foreign record is refused', all_refused.call(documents_of.call(foreign.path, body), 'foreign-host'))

nobody = Tempfile.new('keys')
nobody.write('{"keys":[]}')
nobody.close
unknown = documents_of.call(nobody.path, body)
expect.call('records of an unknown key are kept whole', all_refused.call(unknown, 'unknown-key') && unknown.map { |event| event.get('[ratchet][quarantine][text]') } == lines)

events.each { |event| puts JSON.generate(event.to_hash_with_metadata) }
abort problems.first(10).map { |problem| "FAIL #{problem}" }.join("\n") if problems.any?
