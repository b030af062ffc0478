package matrix;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContext;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

final class EchoConnection implements Connections.Connection {
  private static final String[] RPCS = {
    "Unary", "Unary", "Unary", "Unary", "Fail", "Collect", "Count", "Chat", "Late", "Hang"
  };
  private static final int DEADLINE_MS = 100;
  private final ManagedChannel channel;

  EchoConnection(String target, SslContext tls) {
    NettyChannelBuilder builder = NettyChannelBuilder.forTarget(target);
    channel = (tls == null ? builder.usePlaintext() : builder.sslContext(tls)).build();
  }

  @Override
  public void send(int n) throws Exception {
    String rpc = RPCS[n % RPCS.length];
    Status.Code wanted =
        switch (rpc) {
          case "Fail" -> Status.Code.NOT_FOUND;
          case "Late" -> Status.Code.DEADLINE_EXCEEDED;
          default -> Status.Code.OK;
        };
    Status.Code code = Status.Code.OK;
    try {
      call(rpc, "call " + n);
    } catch (StatusRuntimeException error) {
      code = error.getStatus().getCode();
    }
    if (code != wanted) throw new IllegalStateException(rpc + " ended with " + code);
  }

  private void call(String rpc, String text) throws Exception {
    switch (rpc) {
      case "Late" -> unary(rpc, text, CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_MS, TimeUnit.MILLISECONDS));
      case "Collect" -> {
        Answers answers = new Answers();
        var call = channel.newCall(Echo.method(rpc, MethodType.CLIENT_STREAMING), CallOptions.DEFAULT);
        answers.await(ClientCalls.asyncClientStreamingCall(call, answers), text);
      }
      case "Chat" -> {
        Answers answers = new Answers();
        var call = channel.newCall(Echo.method(rpc, MethodType.BIDI_STREAMING), CallOptions.DEFAULT);
        answers.await(ClientCalls.asyncBidiStreamingCall(call, answers), text);
      }
      case "Count" -> messages(rpc, text).forEachRemaining(message -> {});
      case "Hang" -> {
        Context.CancellableContext context = Context.current().withCancellation();
        context.run(() -> messages(rpc, text).next());
        context.cancel(null);
      }
      default -> unary(rpc, text, CallOptions.DEFAULT);
    }
  }

  private void unary(String rpc, String text, CallOptions options) {
    ClientCalls.blockingUnaryCall(channel, Echo.method(rpc, MethodType.UNARY), options, text);
  }

  private Iterator<String> messages(String rpc, String text) {
    var method = Echo.method(rpc, MethodType.SERVER_STREAMING);
    return ClientCalls.blockingServerStreamingCall(channel, method, CallOptions.DEFAULT, text);
  }

  private static final class Answers implements StreamObserver<String> {
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    void await(StreamObserver<String> requests, String text) throws Exception {
      for (int i = 0; i < 3; i++) requests.onNext(text);
      requests.onCompleted();
      try {
        ended.get();
      } catch (ExecutionException error) {
        throw (Exception) error.getCause();
      }
    }

    @Override
    public void onNext(String text) {}

    @Override
    public void onError(Throwable error) {
      ended.completeExceptionally(error);
    }

    @Override
    public void onCompleted() {
      ended.complete(null);
    }
  }
}
