# Puma as it is started by its own command: `puma -C` this file. What it serves is in the variable MATRIX_WORDS.
ARGV.concat(ENV.fetch('MATRIX_WORDS').split)
require_relative 'words'

threads 4, 8
workers 2
persistent_timeout 60
silence_single_worker_warning
bind "tcp://127.0.0.1:#{OPTIONS['http1']}" if OPTIONS['http1']
bind "ssl://127.0.0.1:#{OPTIONS['https1']}?key=#{OPTIONS['key']}&cert=#{OPTIONS['cert']}" if OPTIONS['https1']
app do |env|
  status, body = answer(env['PATH_INFO'], env['rack.input'].read)
  [status, { 'content-length' => body.bytesize.to_s }, [body]]
end
