// An HTTPS server and client of Go's net/http that knows nothing of tracing.
//
//	go-tls serve CERTIFICATE KEY                 prints READY <port>
//	go-tls get AUTHORITY CONNECTIONS [REQUESTS]  reads a port from standard input, prints DONE
//
// The server answers with the path. The client sends REQUESTS to /go/<connection>/<number> on each of CONNECTIONS, and makes a new connection
// after every tenth of them; without REQUESTS it sends until another line comes.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"io/ioutil"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
)

func main() {
	if os.Args[1] == "serve" {
		serve(os.Args[2], os.Args[3])
		return
	}
	connections, _ := strconv.Atoi(os.Args[3])
	requests := 1 << 30
	if len(os.Args) > 4 {
		requests, _ = strconv.Atoi(os.Args[4])
	}
	fmt.Println("READY 0")
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadString('\n')
	check(err)
	stop := make(chan struct{})
	go func() {
		input.ReadString('\n')
		close(stop)
	}()
	get("https://127.0.0.1:"+strings.TrimSpace(line), os.Args[2], connections, requests, stop)
	fmt.Println("DONE")
	// Whoever watches wants to see it running.
	<-stop
}

func serve(certificate, key string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println("READY", listener.Addr().(*net.TCPAddr).Port)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(ioutil.Discard, r.Body)
		io.WriteString(w, r.URL.Path)
	})
	// HTTP/1 only: nothing is offered beside it.
	server := &http.Server{Handler: handler, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	check(server.ServeTLS(listener, certificate, key))
}

func get(base, authority string, connections, requests int, stop <-chan struct{}) {
	pem, err := ioutil.ReadFile(authority)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	var done sync.WaitGroup
	for connection := 0; connection < connections; connection++ {
		done.Add(1)
		go func(connection int) {
			defer done.Done()
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
			client := &http.Client{Transport: transport}
			for number := 0; number < requests; number++ {
				select {
				case <-stop:
					return
				default:
				}
				path := fmt.Sprintf("/go/%d/%d", connection, number)
				response, err := client.Get(base + path)
				check(err)
				body, err := ioutil.ReadAll(response.Body)
				check(err)
				response.Body.Close()
				if string(body) != path {
					log.Fatalf("asked for %s, got %q", path, body)
				}
				if number%10 == 9 {
					transport.CloseIdleConnections()
				}
			}
		}(connection)
	}
	done.Wait()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
