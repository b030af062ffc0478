package matrix;

import java.util.Arrays;

/** Request number n. */
record Planned(String method, String path, byte[] body) {
  private static final String[] KINDS = {"ok", "missing", "fail", "echo", "big"};

  static Planned of(int n) {
    String kind = KINDS[n % KINDS.length];
    byte[] body = new byte[kind.equals("echo") ? 10 + n % 3000 : 0];
    Arrays.fill(body, (byte) 'b');
    return new Planned(kind.equals("echo") ? "POST" : "GET", "/" + kind + "/" + n, body);
  }
}
