package matrix;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Does what its standard input asks for. */
final class Client {
  private static final int IN_FLIGHT = 4;

  private Client() {}

  static void run(Connections connections) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    Map<String, List<Connections.Connection>> kept = new HashMap<>();
    System.out.println("READY");
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split(" ");
      String column = words[0];
      try {
        List<Connections.Connection> open = kept.computeIfAbsent(column, none -> new ArrayList<>());
        while (open.size() < Integer.parseInt(words[4])) open.add(connections.open(column, words[1]));
        int first = Integer.parseInt(words[2]);
        sendAll(threads, open.subList(0, Integer.parseInt(words[4])), column, first, first + Integer.parseInt(words[3]));
        System.out.println("DONE " + column);
      } catch (Exception error) {
        System.out.println("FAILED " + column + " " + error);
      }
    }
    System.exit(0);
  }

  private static void sendAll(
      ExecutorService threads, List<Connections.Connection> open, String column, int first, int end) throws Exception {
    AtomicInteger next = new AtomicInteger(first);
    List<Future<?>> work = new ArrayList<>();
    for (Connections.Connection connection : open) {
      for (int stream = 0; stream < (column.endsWith("1") ? 1 : IN_FLIGHT); stream++) {
        work.add(
            threads.submit(
                () -> {
                  for (int n = next.getAndIncrement(); n < end; n = next.getAndIncrement()) connection.send(n);
                  return null;
                }));
      }
    }
    for (Future<?> one : work) one.get();
  }
}
