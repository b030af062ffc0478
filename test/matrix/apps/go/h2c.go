//go:build go1.24
// +build go1.24

package main

import (
	"net/http"
)

func protocols() *http.Protocols {
	both := new(http.Protocols)
	both.SetHTTP1(true)
	both.SetUnencryptedHTTP2(true)
	return both
}

// withoutTLS makes a server speak HTTP/2 without TLS.
func withoutTLS(server *http.Server) {
	server.Protocols = protocols()
}

// plainHTTP2 is a client's HTTP/2 by prior knowledge.
func plainHTTP2() http.RoundTripper {
	only := new(http.Protocols)
	only.SetUnencryptedHTTP2(true)
	return &http.Transport{Protocols: only}
}
