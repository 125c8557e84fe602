# Records a second and core through the script: speed.rb SCRIPT KEYS BODY…. Real records, one request at a time; CPU time of the
# whole process, so that what a JVM does beside counts too; what comes before the compiler has settled does not.
require_relative 'standin'

# The stand-in's deep copies of fields are not the script's work; nor is reading a reference, which Logstash does once for each.
class LogStash::Event
  PATHS = Hash.new { |all, reference| all[reference] = reference.scan(/[^\[\]]+/).drop_while { |name| name == '@metadata' } }

  def copy(value)
    value.is_a?(Hash) ? {}.merge(value) : value
  end

  def path(reference)
    PATHS[reference]
  end
end

script_path, key_path, *bodies = ARGV
lines = bodies.flat_map { |path| File.readlines(path, chomp: true, encoding: 'UTF-8') }
body = (lines * (1000 / lines.size + 1)).first(1000).join("\n")
script = Script.new(script_path).register('keys' => key_path)
pass = lambda { script.filter(LogStash::Event.new('message' => body)).each { |event| event.get('[ratchet][verified]') || abort('refused') } }

# JRuby of Ruby 2.6 has no clock for it.
cpu = if RUBY_ENGINE == 'jruby'
        require 'java'
        bean = java.lang.management.ManagementFactory.getOperatingSystemMXBean
        lambda { bean.getProcessCpuTime / 1e9 }
      else
        lambda { Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) }
      end

(RUBY_ENGINE == 'jruby' ? 15 : 1).times { pass.call }
rates = Array.new(5) do
  before = cpu.call
  pass.call
  1000 / (cpu.call - before)
end
puts format('%s %s: %d records a second and core (median of 5 times 1,000 real records of %d bytes; the limit is 2,000)',
            RUBY_ENGINE, RUBY_ENGINE_VERSION, rates.sort[2], body.bytesize / 1000)
