package matrix;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Serves, or makes the requests its standard input asks for, see ../../README.md. The first word says by what: jdk or netty. */
final class Main {
  static final List<String> COLUMNS = List.of("http1", "https1", "h2c", "h2", "grpc", "grpcs");

  private Main() {}

  public static void main(String[] words) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (String word : words) {
      int at = word.indexOf('=');
      if (at > 0) options.put(word.substring(0, at), word.substring(at + 1));
    }
    boolean jdk = words[0].equals("jdk");
    if (words[1].equals("client")) {
      Client.run(jdk ? new JdkConnections(options.get("ca")) : new NettyConnections(options.get("ca")));
      return;
    }
    for (String column : COLUMNS) {
      if (!options.containsKey(column)) continue;
      int port = Integer.parseInt(options.get(column));
      if (jdk) JdkServer.serve(column, port, options);
      else if (column.startsWith("grpc")) EchoServer.serve(column, port, options);
      else NettyServer.serve(column, port, options);
    }
    System.out.println("READY");
  }
}
