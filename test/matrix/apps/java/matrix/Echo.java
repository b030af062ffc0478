package matrix;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The service of ../../echo.proto, written by hand so that no compiler of protocol buffers is needed. */
final class Echo {
  static final String SERVICE = "matrix.Echo";
  private static final int FIELD_1_STRING = 0x0a;

  private Echo() {}

  static MethodDescriptor<String, String> method(String name, MethodType type) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(TEXT)
        .setResponseMarshaller(TEXT)
        .build();
  }

  /** The message Text, shorter than 128 bytes. */
  private static final MethodDescriptor.Marshaller<String> TEXT =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(String text) {
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          out.write(FIELD_1_STRING);
          out.write(bytes.length);
          out.writeBytes(bytes);
          return new ByteArrayInputStream(out.toByteArray());
        }

        @Override
        public String parse(InputStream in) {
          try {
            byte[] bytes = in.readAllBytes();
            return bytes.length < 2 ? "" : new String(bytes, 2, bytes.length - 2, StandardCharsets.UTF_8);
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        }
      };
}
