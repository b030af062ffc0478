package matrix;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.codec.http2.HttpConversionUtil.ExtensionHeaderNames;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

final class NettyConnections implements Connections {
  private static final int TIMEOUT_S = 10;
  private final EventLoopGroup group = new NioEventLoopGroup(2);
  private final String ca;

  NettyConnections(String ca) {
    this.ca = ca;
  }

  @Override
  public Connection open(String column, String url) throws Exception {
    if (column.startsWith("grpc")) return new EchoConnection(url, column.equals("grpcs") ? NettyTls.callClient(ca) : null);
    URI uri = URI.create(url);
    boolean http1 = column.endsWith("1");
    SslContext tls = uri.getScheme().equals("https") ? NettyTls.client(ca, http1) : null;
    Answers answers = new Answers();
    Bootstrap bootstrap = new Bootstrap().group(group).channel(NioSocketChannel.class);
    bootstrap.handler(
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel channel) {
            if (tls != null) channel.pipeline().addLast(tls.newHandler(channel.alloc(), uri.getHost(), uri.getPort()));
            if (http1) {
              channel.pipeline().addLast(new HttpClientCodec(), new HttpObjectAggregator(1 << 20), answers);
            } else {
              channel
                  .pipeline()
                  .addLast(
                      Http2FrameCodecBuilder.forClient()
                          .initialSettings(Http2Settings.defaultSettings().initialWindowSize(1 << 20))
                          .build(),
                      new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
            }
          }
        });
    Channel channel = bootstrap.connect(uri.getHost(), uri.getPort()).sync().channel();
    return n -> {
      FullHttpRequest request = requestOf(n, uri);
      if (http1) answers.ask(channel, request);
      else new Answers().askStream(channel, request);
    };
  }

  private static FullHttpRequest requestOf(int n, URI uri) {
    Planned planned = Planned.of(n);
    var request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.valueOf(planned.method()),
            planned.path(),
            Unpooled.wrappedBuffer(planned.body()));
    request.headers().set(HttpHeaderNames.HOST, uri.getAuthority());
    request.headers().set(HttpHeaderNames.CONTENT_LENGTH, planned.body().length);
    request.headers().set(ExtensionHeaderNames.SCHEME.text(), uri.getScheme());
    return request;
  }

  /** One request at a time. */
  private static final class Answers extends SimpleChannelInboundHandler<FullHttpResponse> {
    private volatile CompletableFuture<Integer> awaited;

    void ask(Channel channel, FullHttpRequest request) throws Exception {
      awaited = new CompletableFuture<>();
      channel.writeAndFlush(request).sync();
      awaited.get(TIMEOUT_S, TimeUnit.SECONDS);
    }

    void askStream(Channel connection, FullHttpRequest request) throws Exception {
      Channel stream =
          new Http2StreamChannelBootstrap(connection)
              .handler(
                  new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel
                          .pipeline()
                          .addLast(
                              new Http2StreamFrameToHttpObjectCodec(false),
                              new HttpObjectAggregator(1 << 20),
                              Answers.this);
                    }
                  })
              .open()
              .sync()
              .getNow();
      ask(stream, request);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
      awaited.complete(response.status().code());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (awaited != null) awaited.completeExceptionally(new IllegalStateException("closed"));
    }
  }
}
