package matrix;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** java.net.http. */
final class JdkConnections implements Connections {
  private final String ca;

  JdkConnections(String ca) {
    this.ca = ca;
  }

  @Override
  public Connection open(String column, String url) throws Exception {
    HttpClient client =
        HttpClient.newBuilder()
            .version(column.equals("h2") ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
            .sslContext(Pem.client(ca))
            .build();
    return n -> {
      Planned planned = Planned.of(n);
      var body = planned.body().length > 0 ? BodyPublishers.ofByteArray(planned.body()) : BodyPublishers.noBody();
      HttpRequest request = HttpRequest.newBuilder(URI.create(url + planned.path())).method(planned.method(), body).build();
      client.send(request, BodyHandlers.ofByteArray());
    };
  }
}
