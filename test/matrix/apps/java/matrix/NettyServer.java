package matrix;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.handler.ssl.SslContext;
import java.util.Map;

final class NettyServer {
  private static final EventLoopGroup GROUP = new NioEventLoopGroup(2);

  private NettyServer() {}

  static void serve(String column, int port, Map<String, String> options) throws Exception {
    boolean http1 = column.endsWith("1");
    SslContext tls = column.equals("https1") || column.equals("h2") ? NettyTls.server(options, http1) : null;
    ChannelInitializer<Channel> connections =
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel channel) {
            if (tls != null) channel.pipeline().addLast(tls.newHandler(channel.alloc()));
            if (http1) {
              channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new Handler());
            } else {
              channel.pipeline().addLast(Http2FrameCodecBuilder.forServer().build(), new Http2MultiplexHandler(streams()));
            }
          }
        };
    new ServerBootstrap()
        .group(GROUP)
        .channel(NioServerSocketChannel.class)
        .childHandler(connections)
        .bind("127.0.0.1", port)
        .sync();
  }

  private static ChannelInitializer<Channel> streams() {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel stream) {
        stream
            .pipeline()
            .addLast(new Http2StreamFrameToHttpObjectCodec(true), new HttpObjectAggregator(1 << 20), new Handler());
      }
    };
  }

  private static final class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final String STREAM = HttpConversionUtil.ExtensionHeaderNames.STREAM_ID.text().toString();

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      Answer answer = Answer.to(request.uri(), ByteBufUtil.getBytes(request.content()));
      var response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.valueOf(answer.status()),
              Unpooled.wrappedBuffer(answer.body()));
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
      String stream = request.headers().get(STREAM);
      if (stream != null) response.headers().set(STREAM, stream);
      HttpUtil.setKeepAlive(response, HttpUtil.isKeepAlive(request));
      context.writeAndFlush(response);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // A client may leave at any time.
      context.close();
    }
  }
}
