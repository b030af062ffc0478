package matrix;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.util.Map;

/** TLS by netty-tcnative: BoringSSL. */
final class NettyTls {
  private NettyTls() {}

  private static SslContextBuilder withProtocol(SslContextBuilder builder, boolean http1) {
    OpenSsl.ensureAvailability();
    return builder
        .sslProvider(SslProvider.OPENSSL)
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                http1 ? ApplicationProtocolNames.HTTP_1_1 : ApplicationProtocolNames.HTTP_2));
  }

  static SslContext server(Map<String, String> options, boolean http1) throws Exception {
    File cert = new File(options.get("cert"));
    return withProtocol(SslContextBuilder.forServer(cert, new File(options.get("key"))), http1).build();
  }

  static SslContext client(String ca, boolean http1) throws Exception {
    return withProtocol(SslContextBuilder.forClient().trustManager(new File(ca)), http1).build();
  }

  static SslContext callServer(Map<String, String> options) throws Exception {
    File cert = new File(options.get("cert"));
    return GrpcSslContexts.forServer(cert, new File(options.get("key")), null).sslProvider(SslProvider.OPENSSL).build();
  }

  static SslContext callClient(String ca) throws Exception {
    return GrpcSslContexts.forClient().trustManager(new File(ca)).sslProvider(SslProvider.OPENSSL).build();
  }
}
