package matrix;

import static io.grpc.stub.ServerCalls.asyncBidiStreamingCall;
import static io.grpc.stub.ServerCalls.asyncClientStreamingCall;
import static io.grpc.stub.ServerCalls.asyncServerStreamingCall;
import static io.grpc.stub.ServerCalls.asyncUnaryCall;

import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

final class EchoServer {
  private static final ScheduledExecutorService TIMER = Executors.newSingleThreadScheduledExecutor();
  private static final int LATE_MS = 2000;

  private EchoServer() {}

  static void serve(String column, int port, Map<String, String> options) throws Exception {
    NettyServerBuilder builder = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port));
    if (column.equals("grpcs")) builder.sslContext(NettyTls.callServer(options));
    builder.addService(service()).build().start();
  }

  private static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder(Echo.SERVICE)
        .addMethod(Echo.method("Unary", MethodType.UNARY), asyncUnaryCall(EchoServer::unary))
        .addMethod(
            Echo.method("Fail", MethodType.UNARY),
            asyncUnaryCall((in, out) -> out.onError(Status.NOT_FOUND.withDescription("as asked").asException())))
        .addMethod(Echo.method("Late", MethodType.UNARY), asyncUnaryCall(EchoServer::late))
        .addMethod(Echo.method("Collect", MethodType.CLIENT_STREAMING), asyncClientStreamingCall(EchoServer::collect))
        .addMethod(Echo.method("Count", MethodType.SERVER_STREAMING), asyncServerStreamingCall(EchoServer::count))
        .addMethod(Echo.method("Chat", MethodType.BIDI_STREAMING), asyncBidiStreamingCall(EchoServer::chat))
        .addMethod(Echo.method("Hang", MethodType.SERVER_STREAMING), asyncServerStreamingCall(EchoServer::hang))
        .build();
  }

  private static void unary(String in, StreamObserver<String> out) {
    out.onNext(in);
    out.onCompleted();
  }

  private static void late(String in, StreamObserver<String> out) {
    ((ServerCallStreamObserver<String>) out).setOnCancelHandler(() -> {});
    TIMER.schedule(() -> unary(in, out), LATE_MS, TimeUnit.MILLISECONDS);
  }

  private static void count(String in, StreamObserver<String> out) {
    for (int i = 0; i < 3; i++) out.onNext(in);
    out.onCompleted();
  }

  private static void hang(String in, StreamObserver<String> out) {
    ((ServerCallStreamObserver<String>) out).setOnCancelHandler(() -> {});
    out.onNext(in);
  }

  private static StreamObserver<String> collect(StreamObserver<String> out) {
    return new Messages(out) {
      @Override
      public void onCompleted() {
        unary(Integer.toString(count), out);
      }
    };
  }

  private static StreamObserver<String> chat(StreamObserver<String> out) {
    return new Messages(out) {
      @Override
      public void onNext(String text) {
        out.onNext(text);
      }
    };
  }

  private static class Messages implements StreamObserver<String> {
    private final StreamObserver<String> out;
    protected int count = 0;

    Messages(StreamObserver<String> out) {
      this.out = out;
    }

    @Override
    public void onNext(String text) {
      count += 1;
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {
      out.onCompleted();
    }
  }
}
