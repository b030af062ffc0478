// Serves, or makes the requests its standard input asks for, see ../README.md. The same source is built by the oldest Go.
package main

import (
	"fmt"
	"os"
	"strings"
)

var columns = []string{"http1", "https1", "h2c", "h2", "grpc", "grpcs"}

func arguments() map[string]string {
	options := map[string]string{}
	for _, argument := range os.Args[2:] {
		if at := strings.IndexByte(argument, '='); at > 0 {
			options[argument[:at]] = argument[at+1:]
		}
	}
	return options
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	options := arguments()
	switch os.Args[1] {
	case "server":
		serve(options)
	case "client":
		runClient(options)
	}
}
