package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/ioutil"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

const inFlight = 4

type connection interface {
	send(n int) error
}

var kinds = []string{"ok", "missing", "fail", "echo", "big"}

type httpConnection struct {
	client http.Client
	url    string
}

func (c *httpConnection) send(n int) error {
	kind := kinds[n%len(kinds)]
	method, body := "GET", io.Reader(nil)
	if kind == "echo" {
		method, body = "POST", bytes.NewReader(bytes.Repeat([]byte{'b'}, 10+n%3000))
	}
	request, err := http.NewRequest(method, fmt.Sprintf("%s/%s/%d", c.url, kind, n), body)
	if err != nil {
		return err
	}
	response, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(ioutil.Discard, response.Body)
	return err
}

func transport(column string, config *tls.Config) http.RoundTripper {
	switch column {
	case "http1":
		return &http.Transport{MaxConnsPerHost: 1}
	case "https1":
		return &http.Transport{
			MaxConnsPerHost: 1,
			TLSClientConfig: config,
			TLSNextProto:    map[string]func(string, *tls.Conn) http.RoundTripper{},
		}
	case "h2":
		return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: config}
	}
	return plainHTTP2()
}

func connect(column, url string, roots *x509.CertPool) (connection, error) {
	config := &tls.Config{RootCAs: roots}
	switch column {
	case "grpc":
		return dial(url, nil)
	case "grpcs":
		return dial(url, config)
	}
	return &httpConnection{client: http.Client{Transport: transport(column, config)}, url: url}, nil
}

func sendAll(connections []connection, column string, first, count int) error {
	next := int64(first) - 1
	streams := inFlight
	if column == "http1" || column == "https1" {
		streams = 1
	}
	var group sync.WaitGroup
	failed := make(chan error, len(connections)*streams)
	for _, one := range connections {
		for stream := 0; stream < streams; stream++ {
			group.Add(1)
			go func(one connection) {
				defer group.Done()
				for {
					n := int(atomic.AddInt64(&next, 1))
					if n >= first+count {
						return
					}
					if err := one.send(n); err != nil {
						failed <- err
						return
					}
				}
			}(one)
		}
	}
	group.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func runClient(options map[string]string) {
	pem, err := ioutil.ReadFile(options["ca"])
	check(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		check(errors.New("no certificate in " + options["ca"]))
	}
	kept := map[string][]connection{}
	fmt.Println("READY")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		column, url := words[0], words[1]
		first, _ := strconv.Atoi(words[2])
		count, _ := strconv.Atoi(words[3])
		connections, _ := strconv.Atoi(words[4])
		var failure error
		for len(kept[column]) < connections && failure == nil {
			var one connection
			one, failure = connect(column, url, roots)
			kept[column] = append(kept[column], one)
		}
		if failure == nil {
			failure = sendAll(kept[column][:connections], column, first, count)
		}
		if failure != nil {
			fmt.Println("FAILED", column, failure)
		} else {
			fmt.Println("DONE", column)
		}
	}
}
