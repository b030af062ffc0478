// SPDX-License-Identifier: Apache-2.0

// Answers as it is asked to (test/field/plan.mjs), with what net/http has.
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

func number(words url.Values, name string, otherwise int) int {
	value, err := strconv.Atoi(words.Get(name))
	if err != nil {
		return otherwise
	}
	return value
}

func milliseconds(count int) time.Duration { return time.Duration(count) * time.Millisecond }

func answer(w http.ResponseWriter, r *http.Request) {
	words := r.URL.Query()
	if number(words, "early", 0) == 0 {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	time.Sleep(milliseconds(number(words, "delay", 0)))
	cut := number(words, "cut", -2)
	if cut == -1 {
		panic(http.ErrAbortHandler)
	}
	body, status, gap := number(words, "body", 2), number(words, "status", 200), number(words, "gap", 0)
	count := min(number(words, "chunks", 1), body)
	header := w.Header()
	for left, at := number(words, "head", 0), 0; left > 0; at++ {
		name, size := fmt.Sprintf("X-Out-%d", at), min(left, 1000)
		header.Set(name, strings.Repeat("p", max(1, size-len(name)-4)))
		left -= size
	}
	header.Set("Content-Type", "text/plain")
	frame := words.Get("frame")
	if status != 204 && status != 304 && (frame == "length" || frame == "" && count <= 1) {
		header.Set("Content-Length", strconv.Itoa(body))
	}
	w.WriteHeader(status)
	control := http.NewResponseController(w)
	if words.Get("flush") == "1" {
		_ = control.Flush()
	}
	for at := 0; at < count && at != cut; at++ {
		if gap > 0 && (at > 0 || words.Get("flush") == "1") {
			time.Sleep(milliseconds(gap))
		}
		size := max(1, body/count)
		if at == count-1 {
			size = body - size*(count-1)
		}
		_, _ = io.WriteString(w, strings.Repeat("b", size))
		if count > 1 {
			_ = control.Flush()
		}
	}
	if cut >= 0 {
		time.Sleep(milliseconds(gap))
		panic(http.ErrAbortHandler)
	}
}

func main() {
	server := &http.Server{Addr: "127.0.0.1:" + os.Args[1], Handler: http.HandlerFunc(answer)}
	fmt.Println("READY")
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
}
