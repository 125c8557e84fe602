# Runs the test blocks of the script, as Logstash does before it starts.
require_relative 'standin'

results = Script.new(ARGV.fetch(0)).test
results.each do |name, held, events|
  puts "#{held ? 'ok  ' : 'FAIL'} #{name}"
  puts JSON.pretty_generate(events)[0, 4000] unless held
end
abort 'no tests' if results.empty?
puts "#{RUBY_ENGINE} #{RUBY_ENGINE_VERSION}: #{results.size} expectations"
exit results.all? { |_, held, _| held }
