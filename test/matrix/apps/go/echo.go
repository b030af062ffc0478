package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// The service of ../echo.proto, written by hand so that no compiler of protocol buffers is needed.

const service = "matrix.Echo"

type text struct{ text string }

// codec writes the message Text: field 1, a string.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(v interface{}) ([]byte, error) {
	body := v.(*text).text
	if len(body) > 127 {
		return nil, errors.New("longer than one byte of length says")
	}
	return append([]byte{0x0a, byte(len(body))}, body...), nil
}

func (codec) Unmarshal(data []byte, v interface{}) error {
	v.(*text).text = ""
	if len(data) >= 2 && data[0] == 0x0a && int(data[1]) == len(data)-2 {
		v.(*text).text = string(data[2:])
	}
	return nil
}

type handler func(context.Context, *text) (*text, error)

func unary(name string, handle handler) grpc.MethodDesc {
	return grpc.MethodDesc{
		MethodName: name,
		Handler: func(_ interface{}, ctx context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
			in := new(text)
			if err := decode(in); err != nil {
				return nil, err
			}
			return handle(ctx, in)
		},
	}
}

func collect(_ interface{}, stream grpc.ServerStream) error {
	for count := 0; ; count++ {
		if err := stream.RecvMsg(new(text)); err == io.EOF {
			return stream.SendMsg(&text{strconv.Itoa(count)})
		} else if err != nil {
			return err
		}
	}
}

func count(_ interface{}, stream grpc.ServerStream) error {
	in := new(text)
	if err := stream.RecvMsg(in); err != nil {
		return err
	}
	for i := 0; i < 3; i++ {
		if err := stream.SendMsg(in); err != nil {
			return err
		}
	}
	return nil
}

func chat(_ interface{}, stream grpc.ServerStream) error {
	for {
		in := new(text)
		if err := stream.RecvMsg(in); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(in); err != nil {
			return err
		}
	}
}

func hang(_ interface{}, stream grpc.ServerStream) error {
	in := new(text)
	if err := stream.RecvMsg(in); err != nil {
		return err
	}
	if err := stream.SendMsg(in); err != nil {
		return err
	}
	<-stream.Context().Done()
	return status.FromContextError(stream.Context().Err()).Err()
}

func late(ctx context.Context, in *text) (*text, error) {
	select {
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	case <-time.After(2 * time.Second):
		return in, nil
	}
}

var streams = map[string]grpc.StreamDesc{
	"Collect": {StreamName: "Collect", Handler: collect, ClientStreams: true},
	"Count":   {StreamName: "Count", Handler: count, ServerStreams: true},
	"Chat":    {StreamName: "Chat", Handler: chat, ClientStreams: true, ServerStreams: true},
	"Hang":    {StreamName: "Hang", Handler: hang, ServerStreams: true},
}

func serveCalls(listener net.Listener, pair *tls.Certificate) {
	options := []grpc.ServerOption{grpc.ForceServerCodec(codec{})}
	if pair != nil {
		options = append(options, grpc.Creds(credentials.NewServerTLSFromCert(pair)))
	}
	server := grpc.NewServer(options...)
	description := grpc.ServiceDesc{
		ServiceName: service,
		HandlerType: (*interface{})(nil),
		Methods: []grpc.MethodDesc{
			unary("Unary", func(_ context.Context, in *text) (*text, error) { return in, nil }),
			unary("Fail", func(context.Context, *text) (*text, error) { return nil, status.Error(codes.NotFound, "as asked") }),
			unary("Late", late),
		},
	}
	for _, stream := range streams {
		description.Streams = append(description.Streams, stream)
	}
	server.RegisterService(&description, nil)
	check(server.Serve(listener))
}

type callConnection struct{ *grpc.ClientConn }

func dial(target string, config *tls.Config) (connection, error) {
	security := grpc.WithInsecure()
	if config != nil {
		security = grpc.WithTransportCredentials(credentials.NewTLS(config))
	}
	conn, err := grpc.Dial(target, security, grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{})))
	return &callConnection{conn}, err
}

var rpcs = []string{"Unary", "Unary", "Unary", "Unary", "Fail", "Collect", "Count", "Chat", "Late", "Hang"}

func (c *callConnection) send(n int) error {
	rpc := rpcs[n%len(rpcs)]
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	wanted := codes.OK
	var err error
	switch rpc {
	case "Unary":
		err = c.Invoke(ctx, path(rpc), message(n), new(text))
	case "Fail":
		wanted = codes.NotFound
		err = c.Invoke(ctx, path(rpc), message(n), new(text))
	case "Late":
		wanted = codes.DeadlineExceeded
		ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		err = c.Invoke(ctx, path(rpc), message(n), new(text))
	case "Hang":
		wanted = codes.Canceled
		err = c.stream(ctx, rpc, n, cancel)
	default:
		err = c.stream(ctx, rpc, n, nil)
	}
	if status.Code(err) != wanted {
		return errors.New(rpc + " ended with " + status.Code(err).String())
	}
	return nil
}

func path(rpc string) string { return "/" + service + "/" + rpc }

func message(n int) *text { return &text{"call " + strconv.Itoa(n)} }

// stream ends with the status of the call; onFirst is called when one message has come.
func (c *callConnection) stream(ctx context.Context, rpc string, n int, onFirst func()) error {
	description := streams[rpc]
	stream, err := c.NewStream(ctx, &description, path(rpc))
	if err != nil {
		return err
	}
	messages := 1
	if description.ClientStreams {
		messages = 3
	}
	for i := 0; i < messages; i++ {
		if err := stream.SendMsg(message(n)); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		err := stream.RecvMsg(new(text))
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if onFirst != nil {
			onFirst()
		}
		if !description.ServerStreams {
			return nil
		}
	}
}
