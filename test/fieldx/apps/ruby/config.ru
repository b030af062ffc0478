# SPDX-License-Identifier: Apache-2.0
# frozen_string_literal: true

# Answers as it is asked to (test/field/plan.mjs), with what Rack has.
require 'uri'

def padding(left)
  fields = {}
  while left.positive?
    size = [left, 1000].min
    name = "x-out-#{fields.size}"
    fields[name] = 'p' * [1, size - name.size - 4].max
    left -= size
  end
  fields
end

run(lambda do |env|
  words = URI.decode_www_form(env['QUERY_STRING'] || '').to_h
  number = ->(name, otherwise) { words.fetch(name, otherwise).to_i }
  input = env['rack.input']
  nil while input && number['early', 0].zero? && input.read(65_536)
  sleep(number['delay', 0] / 1000.0) if words.key?('delay')
  status = number['status', 200]
  body = number['body', 2]
  count = [number['chunks', 1], body].min
  size = count.zero? ? 0 : [1, body / count].max
  pieces = Array.new(count) { |at| 'b' * (at == count - 1 ? body - size * (count - 1) : size) }
  headers = { 'content-type' => words.fetch('type', 'text/plain') }.merge(padding(number['head', 0]))
  frame = words.fetch('frame', count > 1 ? 'chunked' : 'length')
  headers['content-length'] = body.to_s if frame == 'length' && ![204, 304].include?(status)
  headers.delete('content-type') if [204, 304].include?(status)
  gap = number['gap', 0] / 1000.0
  stream = Enumerator.new do |out|
    pieces.each_with_index do |piece, at|
      sleep(gap) if gap.positive? && (at.positive? || words['flush'] == '1')
      out << piece
    end
  end
  [status, headers, stream]
end)
