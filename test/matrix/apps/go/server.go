package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

var big = bytes.Repeat([]byte{'x'}, 100000)

func send(response http.ResponseWriter, status int, body []byte) {
	response.Header().Set("Content-Length", strconv.Itoa(len(body)))
	response.WriteHeader(status)
	_, _ = response.Write(body)
}

func answer(response http.ResponseWriter, request *http.Request) {
	switch strings.Split(request.URL.Path, "/")[1] {
	case "ok":
		send(response, 200, []byte("ok"))
	case "fail":
		send(response, 500, []byte("failed"))
	case "big":
		send(response, 200, big)
	case "echo":
		var body bytes.Buffer
		_, _ = io.Copy(&body, request.Body)
		send(response, 200, body.Bytes())
	default:
		send(response, 404, []byte("no such thing"))
	}
}

func serve(options map[string]string) {
	pair, err := tls.LoadX509KeyPair(options["cert"], options["key"])
	check(err)
	for _, column := range columns {
		port, wanted := options[column]
		if !wanted {
			continue
		}
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		check(err)
		server := &http.Server{Handler: http.HandlerFunc(answer), TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}}}
		switch column {
		case "http1":
			go server.Serve(listener)
		case "https1":
			server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
			go server.ServeTLS(listener, "", "")
		case "h2c":
			withoutTLS(server)
			go server.Serve(listener)
		case "h2":
			go server.ServeTLS(listener, "", "")
		case "grpc":
			go serveCalls(listener, nil)
		case "grpcs":
			go serveCalls(listener, &pair)
		}
	}
	fmt.Println("READY")
	select {}
}
