package matrix;

import java.util.Arrays;

/** What a server says to a request. */
record Answer(int status, byte[] body) {
  private static final byte[] BIG = new byte[100_000];

  static {
    Arrays.fill(BIG, (byte) 'x');
  }

  static Answer to(String path, byte[] body) {
    return switch (path.split("/")[1]) {
      case "ok" -> new Answer(200, "ok".getBytes());
      case "fail" -> new Answer(500, "failed".getBytes());
      case "big" -> new Answer(200, BIG);
      case "echo" -> new Answer(200, body);
      default -> new Answer(404, "no such thing".getBytes());
    };
  }
}
