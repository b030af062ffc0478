# What test/matrix/apps/README.md says, for every program here.
require 'openssl'

$stdout.sync = true

OPTIONS = ARGV.select { |word| word.include?('=') }.to_h { |word| word.split('=', 2) }
BIG = 'x' * 100_000

# Status and body of the answer to a request.
def answer(path, body)
  case path.split('/')[1]
  when 'ok' then [200, 'ok']
  when 'fail' then [500, 'failed']
  when 'echo' then [200, body]
  when 'big' then [200, BIG]
  else [404, 'no such thing']
  end
end

# Method, path and body of request `number`.
def request_of(number)
  kind = %w[ok missing fail echo big][number % 5]
  return ['POST', "/echo/#{number}", 'b' * (10 + number % 3000)] if kind == 'echo'

  ['GET', "/#{kind}/#{number}", nil]
end
