// An HTTPS server and client of Go's net/http that knows nothing of tracing.
//
//	go-tls serve CERTIFICATE KEY                 prints READY <port>
//	go-tls get AUTHORITY CONNECTIONS [REQUESTS]  reads a port from standard input, prints DONE
//	go-tls spare AUTHORITY REQUESTS              the same
//
// The server answers with the path. The client sends REQUESTS to /go/<connection>/<number> on each of CONNECTIONS, and makes a new connection
// after every tenth of them; without REQUESTS it sends until another line comes. `spare` sends all on one connection, and the goroutine that does
// closes another one, which it does not need, after each request that it has written.
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
	count, _ := strconv.Atoi(os.Args[3])
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
	address := "127.0.0.1:" + strings.TrimSpace(line)
	if os.Args[1] == "spare" {
		spare(address, os.Args[2], count)
	} else {
		get("https://"+address, os.Args[2], count, requests, stop)
	}
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

func rootsOf(authority string) *x509.CertPool {
	pem, err := ioutil.ReadFile(authority)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return roots
}

func spare(address, authority string, requests int) {
	config := &tls.Config{RootCAs: rootsOf(authority)}
	used, err := tls.Dial("tcp", address, config)
	check(err)
	answers := bufio.NewReader(used)
	for number := 0; number < requests; number++ {
		other, err := tls.Dial("tcp", address, config)
		check(err)
		_, err = fmt.Fprintf(used, "GET /go/0/%d HTTP/1.1\r\nHost: spare\r\n\r\n", number)
		check(err)
		check(other.Close())
		response, err := http.ReadResponse(answers, nil)
		check(err)
		_, err = io.Copy(ioutil.Discard, response.Body)
		check(err)
	}
}

func get(base, authority string, connections, requests int, stop <-chan struct{}) {
	roots := rootsOf(authority)
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
