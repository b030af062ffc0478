# net/http, a thread and a connection each, kept from one line to the next.
require 'net/http'
require_relative 'words'

KEPT = Hash.new { |kept, column| kept[column] = [] }

def connect(url)
  uri = URI(url)
  http = Net::HTTP.new(uri.host, uri.port)
  http.use_ssl = uri.scheme == 'https'
  http.ca_file = OPTIONS['ca']
  http.keep_alive_timeout = 60
  http.start
end

def run(column, url, first, count, connections)
  open = KEPT[column]
  open << connect(url) while open.size < connections
  numbers = Queue.new
  (first...first + count).each { |number| numbers << number }
  numbers.close
  threads = open.take(connections).map do |http|
    Thread.new do
      while (number = numbers.pop)
        method, path, body = request_of(number)
        http.send_request(method, path, body)
      end
    end
  end
  threads.each(&:value)
end

puts 'READY'
$stdin.each_line do |line|
  column, url, first, count, connections = line.split
  run(column, url, first.to_i, count.to_i, connections.to_i)
  puts "DONE #{column}"
rescue StandardError => e
  puts "FAILED #{column} #{e.inspect}"
end
