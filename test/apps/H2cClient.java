import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** Asks for the URLs on its standard input, one a line and one after the other; its first request offers h2c by Upgrade. */
final class H2cClient {
  public static void main(String[] words) throws Exception {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    System.out.println("READY");
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String url = lines.readLine(); url != null; url = lines.readLine()) {
      var response = client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
      System.out.println("DONE " + response.version() + " " + response.statusCode() + " " + url);
    }
  }
}
