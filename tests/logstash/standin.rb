# A stand-in for what Logstash gives to a ruby filter script: LogStash::Event, the logger, register, filter, and the script's
# own test blocks. It is for tests alone, and has only what packaging/logstash uses: fields set and read by reference
# ("[a][b]"), @timestamp and @metadata apart, the request's event cancelled unless it is returned, exceptions that fail open.

require 'json'
require 'time'

module LogStash
  class Timestamp
    def initialize(time)
      @time = time
    end

    def to_iso8601
      @time.utc.iso8601(3)
    end
    alias to_s to_iso8601
  end

  class Event
    def initialize(fields = {})
      @fields = copy(fields)
      @metadata = @fields.delete('@metadata') || {}
      @fields['@timestamp'] = Timestamp.new(@fields.key?('@timestamp') ? Time.iso8601(@fields['@timestamp']) : Time.now)
      @fields['@version'] ||= '1'
    end

    def get(reference)
      path(reference).reduce(root(reference)) { |parent, name| parent.is_a?(Hash) ? parent[name] : nil }
    end

    def set(reference, value)
      *parents, last = path(reference)
      parents.reduce(root(reference)) { |parent, name| parent[name] ||= {} }[last] = copy(value)
    end

    def remove(reference)
      *parents, last = path(reference)
      parents.reduce(root(reference)) { |parent, name| parent[name] || {} }.delete(last)
    end

    def include?(reference)
      !get(reference).nil?
    end

    def tag(text)
      (@fields['tags'] ||= []) << text
    end

    def timestamp
      @fields['@timestamp']
    end

    def to_hash
      copy(@fields.merge('@timestamp' => timestamp.to_s))
    end

    def to_hash_with_metadata
      to_hash.merge('@metadata' => copy(@metadata))
    end

    private

    def root(reference)
      reference.start_with?('[@metadata]') ? @metadata : @fields
    end

    def path(reference)
      names = reference.start_with?('[') ? reference.scan(/\[([^\[\]]+)\]/).flatten : [reference]
      names.first == '@metadata' ? names.drop(1) : names
    end

    # As Logstash does: plain values alone, and none shared with the caller.
    def copy(value)
      case value
      when Hash then value.each_with_object({}) { |(name, inner), all| all[name.to_s] = copy(inner) }
      when Array then value.map { |inner| copy(inner) }
      when String then value.dup
      when Numeric, true, false, nil then value
      else raise TypeError, "Missing Converter handling for #{value.class}"
      end
    end
  end
end

# The log of a script, for reading back.
class ScriptLog
  attr_reader :lines

  def initialize
    @lines = Queue.new
  end

  %w[debug info warn error].each do |level|
    define_method(level) { |message, details = {}| @lines << [level, message, details] }
  end

  def take
    Array.new(@lines.size) { @lines.pop }
  end
end

# Where the script's text is evaluated: its methods become methods of this one object.
class ScriptObject
  attr_reader :logger

  def initialize(script, tests = nil)
    @script, @logger, @tests = script, script.log, tests
    instance_eval(script.text, script.path, 1)
  end

  # Only the first evaluation makes tests, each at once: what stands below it in the script is not there yet.
  def test(name, &block)
    @tests << ScriptTest.new(@script, name, &block) if @tests
  end
end

class Script
  attr_reader :text, :path, :log

  def initialize(path)
    @path, @text, @log, @tests = path, File.read(path, encoding: 'UTF-8'), ScriptLog.new, []
    @object = ScriptObject.new(self, @tests)
  end

  def register(params)
    @object.register(params)
    self
  end

  # What goes on in the pipeline for one event.
  def filter(event)
    @object.filter(event).each { |result| raise TypeError, "a script returns events, not #{result.class}" unless result.is_a?(LogStash::Event) }
  rescue StandardError => error
    @log.error(error.message, 'backtrace' => error.backtrace)
    event.tag('_rubyexception')
    [event]
  end

  # [name, whether it holds, what came] of each expectation.
  def test
    @tests.flat_map(&:results)
  end
end

class ScriptTest
  def initialize(script, name, &block)
    @name, @expectations = name, []
    @execution_context = ScriptObject.new(script)
    instance_eval(&block)
  end

  def parameters
    @execution_context.register(yield)
  end

  def in_event
    @event = LogStash::Event.new(yield)
  end

  def expect(what, &block)
    @expectations << [what, block]
  end

  def results
    events = @execution_context.filter(@event)
    @expectations.map do |what, block|
      held = begin
        block.call(events)
      rescue StandardError => error
        warn error.full_message
        false
      end
      ["#{@name} #{what}", held, events.map(&:to_hash_with_metadata)]
    end
  end
end
