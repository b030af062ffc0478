package matrix;

interface Connections {
  interface Connection {
    /** Makes request or call number n, and waits for its end. */
    void send(int n) throws Exception;
  }

  Connection open(String column, String url) throws Exception;
}
