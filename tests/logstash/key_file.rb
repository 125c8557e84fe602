# The key file changes under working workers: new keys count within seconds, a broken file leaves the old ones in force.
require_relative 'standin'
require 'tmpdir'

script_path, key_path, body_path = ARGV
body = File.read(body_path, encoding: 'UTF-8')
keys = File.read(key_path, encoding: 'UTF-8')
problems = []

Dir.mktmpdir do |directory|
  path = File.join(directory, 'keys.json')
  # As Salt writes it: complete under another name, then renamed.
  write = lambda do |text|
    File.write(path + '.new', text)
    File.rename(path + '.new', path)
  end
  write.call(keys)
  script = Script.new(script_path).register('keys' => path)
  verified = lambda { script.filter(LogStash::Event.new('message' => body)).all? { |event| event.get('[ratchet][verified]') } }
  reaches = lambda { |wanted| 60.times.any? { verified.call == wanted || !sleep(0.1) } }

  problems << 'the keys are not believed' unless verified.call
  write.call('{"keys":[]}')
  problems << 'a key that was taken out is still believed' unless reaches.call(false)
  write.call(keys)
  problems << 'a key that was put back is not believed' unless reaches.call(true)

  script.log.take
  broken = { 'torn' => keys[0, keys.size / 2], 'another' => '{"keys":{}}', 'without a host' => keys.gsub('"host"', '"hosts"'), 'gone' => nil,
             'with a private key' => keys.sub('"kty"', '"d":"AA","kty"'), 'with a point off the curve' => keys.sub(/"x":"(.)/) { %("x":"#{$1 == 'A' ? 'B' : 'A'}) }.gsub(/"kid":"[^"]*",?/, '') }
  broken.each do |what, text|
    text ? write.call(text) : File.delete(path)
    sleep 1.1
    problems << "a file that is #{what} displaces the keys" unless verified.call
    errors = script.log.take.select { |level, _, _| level == 'error' }
    problems << "a file that is #{what} is not reported once: #{errors.size}" unless errors.size == 1 && errors[0][1].include?(path)
  end

  # Four workers while the file is rewritten: every answer is that of one whole set or of the other.
  write.call(keys)
  sleep 1.1
  stop = false
  workers = Array.new(4) { Thread.new { seen = []; seen << script.filter(LogStash::Event.new('message' => body)).map { |event| event.get('[ratchet][verified]') }.uniq until stop; seen } }
  20.times { |i| write.call(i.odd? ? keys : '{"keys":[]}'); sleep 0.2 }
  stop = true
  answers = workers.flat_map(&:value)
  problems << 'a request was judged by two sets' unless answers.all? { |answer| answer.size == 1 }
  problems << 'the file was not read again' unless answers.uniq.size == 2
  problems << "a worker failed: #{script.log.take.inspect}" if script.log.take.any? { |level, _, _| level == 'error' }
end

abort problems.map { |problem| "FAIL #{problem}" }.join("\n") if problems.any?
puts 'ok   keys change under working workers'
