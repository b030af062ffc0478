package matrix;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.Executors;

/** com.sun.net.httpserver: HTTP/1 only. */
final class JdkServer {
  private JdkServer() {}

  static void serve(String column, int port, Map<String, String> options) throws Exception {
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", port);
    HttpServer server;
    if (column.equals("https1")) {
      HttpsServer secure = HttpsServer.create(address, 0);
      secure.setHttpsConfigurator(new HttpsConfigurator(Pem.server(options.get("cert"), options.get("key"))));
      server = secure;
    } else {
      server = HttpServer.create(address, 0);
    }
    server.createContext("/", JdkServer::answer);
    server.setExecutor(Executors.newFixedThreadPool(4));
    server.start();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    Answer answer = Answer.to(exchange.getRequestURI().getPath(), body);
    exchange.sendResponseHeaders(answer.status(), answer.body().length);
    exchange.getResponseBody().write(answer.body());
    exchange.close();
  }
}
