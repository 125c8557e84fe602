# The script's own tests: Logstash runs them before the pipeline starts, and with --config.test_and_exit. They sign with keys
# made on the spot.

# JRuby's OpenSSL has one way to make a key, OpenSSL 3 the other.
signers = Hash.new do |all, host|
  curve = OpenSSL::PKey::EC
  all[host] = curve.respond_to?(:generate) ? curve.generate('prime256v1') : curve.new('prime256v1').generate_key
end
order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
files = []

bytes = lambda { |number| [format('%064x', number)].pack('H*') }
encode = lambda { |data| [data].pack('m0').tr('+/', '-_').delete('=') }

jwk = lambda do |host|
  point = signers[host].public_key.to_bn.to_s(2)
  { 'kty' => 'EC', 'crv' => 'P-256', 'x' => encode.call(point.byteslice(1, 32)), 'y' => encode.call(point.byteslice(33, 32)), 'host' => host }
end

key_file = lambda do |*keys|
  require 'tempfile'
  file = Tempfile.new('ratchet-keys')
  file.write(JSON.generate('keys' => keys))
  file.close
  files << file
  { 'keys' => file.path }
end

sign = lambda do |host, payload|
  id = encode.call(Digest::SHA256.digest(format('{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}', *jwk.call(host).values_at('x', 'y'))))
  signed = encode.call(format(KeySet::HEADER, id)) + '.' + encode.call(payload)
  r, s = OpenSSL::ASN1.decode(signers[host].sign(OpenSSL::Digest.new('SHA256'), signed)).value.map { |number| number.value.to_i }
  signed + '.' + encode.call(bytes.call(r) + bytes.call([s, order - s].min))
end

payload = lambda do |host, changes = {}|
  JSON.generate({
    '@timestamp' => '2026-11-21T03:04:05.678Z', 'message' => 'port 8080 listens on every address',
    'event' => { 'id' => '019aa5a1-0000-7000-8000-000000000001', 'kind' => 'alert', 'action' => 'finding', 'category' => ['configuration'],
                 'type' => ['info'], 'outcome' => 'failure', 'severity' => 73, 'module' => 'ratchet', 'dataset' => 'ratchet.findings', 'sequence' => 1_763_694_245_678_000 },
    'host' => { 'id' => '4c4c4544', 'name' => host }, 'rule' => { 'id' => 'ports.reach-limited' },
    'result' => { 'evaluation' => 'failed', 'evidence' => { 'any.name' => 1 } },
    'resource' => { 'id' => '4c4c4544:tcp 0.0.0.0:8080', 'name' => 'tcp 0.0.0.0:8080', 'type' => 'ports' },
    'ratchet' => { 'transition' => 'opened', 'chain' => { 'id' => '019aa5a1-0000-7000-8000-00000000000a', 'sequence' => 1 } }
  }.merge(changes))
end

good = lambda { sign.call('web01', payload.call('web01')) }
request = lambda { |body| { 'message' => body, 'url' => { 'path' => '/' }, '@metadata' => { 'peer_ip' => '192.0.2.7' } } }
keys_of_web01 = lambda { key_file.call(jwk.call('web01')) }

refused = lambda do |events, reason|
  events.size == 1 && events[0].get('[@metadata][ratchet]') == { 'refused' => true } && events[0].get('[ratchet][quarantine][reason]') == reason &&
    events[0].get('[data_stream][dataset]') == 'ratchet.quarantine' && %w[host rule resource result url].none? { |field| events[0].include?(field) }
end

test 'a true record' do
  parameters { keys_of_web01.call }
  in_event { request.call(good.call + "\n") }
  expect('becomes its payload, marked') do |events|
    events.size == 1 && events[0].get('[@metadata][ratchet][verified]') == true && events[0].get('[ratchet][verified]') == true && events[0].get('[host][name]') == 'web01'
  end
  expect('has the time at which it was judged') { |events| events[0].timestamp.to_iso8601 == '2026-11-21T03:04:05.678Z' }
  expect('goes to its data stream') { |events| events[0].get('data_stream') == { 'type' => 'logs', 'dataset' => 'ratchet.findings', 'namespace' => 'default' } }
  expect('keeps its proof') { |events| events[0].get('[ratchet][jws]').count('.') == 2 }
  expect('triggers a page') { |events| events[0].get('[@metadata][ratchet][alert]') == 'trigger' && events[0].get('[@metadata][ratchet][severity]') == 'error' }
  expect('leaves nothing of the request') { |events| %w[url @version [event][original]].none? { |field| events[0].include?(field) } }
end

test 'a flipped byte that leaves the JSON valid' do
  parameters { keys_of_web01.call }
  in_event do
    header, _, signature = good.call.split('.')
    request.call([header, encode.call(payload.call('web01').sub('8080', '8081')), signature].join('.'))
  end
  expect('is refused as forged') { |events| refused.call(events, 'forged') }
end

test 'a host that speaks for another' do
  parameters { key_file.call(jwk.call('web01'), jwk.call('db01')) }
  in_event { request.call(sign.call('web01', payload.call('db01'))) }
  expect('is refused, and kept whole') { |events| refused.call(events, 'foreign-host') && events[0].get('[ratchet][quarantine][text]').count('.') == 2 }
end

test 'a key that nobody enrolled' do
  parameters { key_file.call(jwk.call('db01')) }
  in_event { request.call(good.call) }
  expect('is refused, and the record kept whole') { |events| refused.call(events, 'unknown-key') && events[0].get('[ratchet][quarantine][text]').count('.') == 2 }
end

test 'a key after its end' do
  parameters { key_file.call(jwk.call('web01').merge('exp' => Time.iso8601('2026-11-21T03:04:05Z').to_i)) }
  in_event { request.call(good.call) }
  expect('is refused') { |events| refused.call(events, 'outside-validity') }
end

test 'a key before its end' do
  parameters { key_file.call(jwk.call('web01').merge('exp' => Time.iso8601('2026-11-21T03:04:06Z').to_i)) }
  in_event { request.call(good.call) }
  expect('is believed') { |events| events[0].get('[ratchet][verified]') == true }
end

test 'a record that is sent again' do
  parameters { keys_of_web01.call }
  in_event { request.call(Array.new(2, good.call).join("\n")) }
  expect('has the same document id') { |events| events.map { |event| event.get('[event][id]') }.uniq.size == 1 && events.size == 2 }
  expect('pages once') { |events| events.map { |event| event.get('[@metadata][ratchet][alert]') } == ['trigger', nil] }
end

{ 'resolved' => 'resolve', 'reopened' => 'trigger', 'unchanged' => 'trigger' }.each do |transition, action|
  test "an alert whose transition is #{transition}" do
    parameters { keys_of_web01.call }
    in_event do
      chain = JSON.parse(payload.call('web01'))['ratchet']['chain']
      request.call(sign.call('web01', payload.call('web01', 'ratchet' => { 'transition' => transition, 'chain' => chain, 'alert' => { 'event' => 'reminder' } })))
    end
    expect("is a #{action} for PagerDuty, of one incident") do |events|
      events[0].get('[@metadata][ratchet]') == {
        'verified' => true, 'finding' => Digest::SHA256.hexdigest("web01\nports.reach-limited\ntcp 0.0.0.0:8080"),
        'alert' => action, 'news' => 'reminder', 'severity' => 'error', 'summary' => 'web01: port 8080 listens on every address'
      }
    end
  end
end

test 'a replay with a new time' do
  parameters { keys_of_web01.call }
  in_event do
    header, _, signature = good.call.split('.')
    request.call([header, encode.call(payload.call('web01', '@timestamp' => '2026-11-22T03:04:05.678Z')), signature].join('.'))
  end
  expect('is refused as forged') { |events| refused.call(events, 'forged') }
end

test 'a line that is too long' do
  parameters { keys_of_web01.call }
  in_event { request.call('a' * (RECORD_LIMIT + 1)) }
  expect('is refused, and cut') { |events| refused.call(events, 'oversize') && events[0].get('[ratchet][quarantine][text]').bytesize == TEXT_LIMIT }
end

test 'too many lines' do
  parameters { keys_of_web01.call }
  in_event { request.call("x\n" * (LINES_LIMIT + 1)) }
  expect('are refused as one') { |events| refused.call(events, 'oversize') }
end

test 'many bad lines' do
  parameters { keys_of_web01.call }
  in_event { request.call("x\n" * 1000 + good.call) }
  expect('do not multiply') { |events| events.size == SAMPLES_LIMIT + 2 && events[-1].get('[ratchet][quarantine][lines]') == 1000 - SAMPLES_LIMIT }
  expect('do not hide a good one') { |events| events[-2].get('[ratchet][verified]') == true }
end

test 'binary rubbish' do
  parameters { keys_of_web01.call }
  in_event { request.call((0..255).to_a.pack('C*').delete("\n").force_encoding('UTF-8')) }
  expect('is refused as printable text') { |events| refused.call(events, 'malformed') && events[0].get('[ratchet][quarantine][text]') !~ /[^\x20-\x7e]/ }
end

test 'a request without text' do
  parameters { keys_of_web01.call }
  in_event { { 'message' => { 'deep' => 1 }, '@metadata' => { 'ratchet' => { 'verified' => true } } } }
  expect('is refused, whatever mark it brought') { |events| refused.call(events, 'malformed') }
end

{ 'a name twice' => lambda { |json| json.sub('{', '{"message":"other",') },
  'a data stream of its own' => lambda { |json| json.sub('{', '{"data_stream":{"dataset":"system.auth"},') },
  'a mark of its own' => lambda { |json| json.sub('{', '{"@metadata":{"ratchet":{"verified":true}},') },
  'a name that is a path' => lambda { |json| json.sub('{', '{"ratchet.jws":"x",') },
  'an id that is none' => lambda { |json| json.sub('019aa5a1-0000-7000-8000-000000000001', '../_bulk') },
  'a time that is none' => lambda { |json| json.sub('2026-11-21T', '2026-13-41T') },
  'a number beyond all' => lambda { |json| json.sub('"any.name":1', '"any.name":1e999') },
  'a transition of two lines' => lambda { |json| json.sub('"opened"', '"opened\\nBcc: all"') },
  'another resource' => lambda { |json| json.sub('4c4c4544:tcp', 'other:tcp') },
  'an evaluation of its own' => lambda { |json| json.sub('"failed"', '"perfect"') },
  'no chain' => lambda { |json| json.sub('"chain"', '"chains"') },
  'half a character' => lambda { |json| json.sub('every address', '\ud800') },
  'an array' => lambda { |_| '[]' },
  'depth' => lambda { |json| json.sub('"any.name":1', '"any.name":' + '[' * 20 + ']' * 20) },
  'a byte that is no character' => lambda { |json| json.b.sub('every address', "every \xff".b) } }.each do |what, change|
  test "a signed payload with #{what}" do
    parameters { keys_of_web01.call }
    in_event { request.call(sign.call('web01', change.call(payload.call('web01')))) }
    expect('is refused') { |events| refused.call(events, 'malformed') }
  end
end

{ 'another algorithm' => lambda { |jws| [encode.call('{"alg":"none","typ":"ratchet+json"}'), *jws.split('.')[1, 2]].join('.') },
  'no signature' => lambda { |jws| jws.split('.')[0, 2].join('.') + '.' },
  'a longer signature' => lambda { |jws| jws + 'AA' },
  'padding' => lambda { |jws| jws + '==' },
  'a stray bit at the end' => lambda { |jws| jws[0..-2] + jws[-1].tr('AQgw', 'BRhx') },
  'the larger s' => lambda { |jws|
    head, body, proof = jws.split('.')
    r, s = proof.tr('-_', '+/').unpack('m').first.unpack('a32a32')
    [head, body, encode.call(r + bytes.call(order - s.unpack('H*').first.hex))].join('.')
  } }.each do |what, change|
  test "a record with #{what}" do
    parameters { keys_of_web01.call }
    in_event { request.call(change.call(good.call)) }
    expect('is refused') { |events| refused.call(events, 'malformed') }
  end
end

# What nobody foresaw: the script's own method breaks. Not a word of it in the log of a Logstash that starts.
quiet = Class.new { def error(*); end }.new
break_method = lambda do |execution, name|
  execution.define_singleton_method(:logger) { quiet }
  execution.define_singleton_method(name) { |*| raise 'broken' }
end

test 'an exception inside' do
  parameters { keys_of_web01.call }
  in_event do
    break_method.call(@execution_context, :prove)
    request.call(Array.new(2, good.call).join("\n")).merge('@metadata' => { 'ratchet' => { 'verified' => true } })
  end
  expect('is refused, and the record kept whole') do |events|
    events.size == 2 && events.all? { |event| refused.call([event], 'error') && event.get('[ratchet][quarantine][text]').count('.') == 2 }
  end
end

test 'an exception outside of the records' do
  parameters { keys_of_web01.call }
  in_event do
    break_method.call(@execution_context, :expand)
    request.call(good.call)
  end
  expect('is refused') { |events| refused.call(events, 'error') }
end
