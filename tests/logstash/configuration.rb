#!/usr/bin/env ruby
# What can be said of the pipelines without Logstash: files that pipelines.yml names are there, pipelines that are sent to
# listen, no output of the main pipeline is outside of a mark, no secret stands in a file.
require 'yaml'

directory = ARGV.fetch(0)
problems = []
read = lambda { |name| File.read(File.join(directory, name)).gsub(/^\s*#.*$/, '') }
pipelines = YAML.safe_load(File.read(File.join(directory, 'pipelines.yml')))
files = pipelines.map { |pipeline| File.basename(pipeline['path.config']) }
problems << 'pipelines.yml names other files than there are' unless files.sort == Dir.children(directory).grep(/\.conf\z/).sort

main = read.call('ratchet.conf')
sent = main.scan(/send_to => \["([^"]+)"\]/).flatten
heard = (files - ['ratchet.conf']).map { |file| read.call(file)[/address => "(ratchet-[^"]+)"/, 1] }
problems << "alerts are sent to #{sent} and awaited by #{heard}" unless sent.sort == heard.sort

# Each plugin below the first brace of output stands in an `if` on one of the two marks.
outer = main[/^output \{\n(.*)^\}/m, 1].scan(/^  (\S.*)$/).flatten
problems << "an output is not behind a mark: #{outer}" unless
  outer == ['if [@metadata][ratchet][verified] {', '} else if [@metadata][ratchet][refused] {', '}']

files.each do |file|
  text = read.call(file)
  problems << "#{file}: a secret that is not a variable" if text =~ /(password|api_key|routing_key|Authorization)"? => "(?!\$\{)/
  problems << "#{file}: braces do not match" unless text.gsub(/"[^"]*"/) { |quoted| quoted.delete('{}') }.then { |bare| bare.count('{') == bare.count('}') }
end
abort problems.map { |problem| "FAIL #{problem}" }.join("\n") if problems.any?
