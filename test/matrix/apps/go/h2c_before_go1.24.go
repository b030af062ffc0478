//go:build !go1.24
// +build !go1.24

package main

import (
	"crypto/tls"
	"net"
	"net/http"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
)

// withoutTLS makes a server speak HTTP/2 without TLS.
func withoutTLS(server *http.Server) {
	server.Handler = h2c.NewHandler(server.Handler, &http2.Server{})
}

// plainHTTP2 is a client's HTTP/2 by prior knowledge.
func plainHTTP2() http.RoundTripper {
	return &http2.Transport{
		AllowHTTP: true,
		DialTLS: func(network, address string, _ *tls.Config) (net.Conn, error) {
			return net.Dial(network, address)
		},
	}
}
