# WEBrick, a server with threads for each column.
require 'webrick'
require 'webrick/https'
require_relative 'words'

class Everything < WEBrick::HTTPServlet::AbstractServlet
  def service(request, response)
    response.status, response.body = answer(request.path, request.body)
  end
end

servers = %w[http1 https1].select { |column| OPTIONS[column] }.map do |column|
  tls = {}
  if column == 'https1'
    tls = {
      SSLEnable: true,
      SSLCertificate: OpenSSL::X509::Certificate.new(File.read(OPTIONS['cert'])),
      SSLPrivateKey: OpenSSL::PKey.read(File.read(OPTIONS['key']))
    }
  end
  quiet = { AccessLog: [], Logger: WEBrick::Log.new(File::NULL) }
  server = WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: OPTIONS[column].to_i, **quiet, **tls)
  server.mount('/', Everything)
  server
end
threads = servers.map { |server| Thread.new { server.start } }
puts 'READY'
threads.each(&:join)
