// The seed's answer by Go's net/http on four processors.
package main

import (
	"io"
	"net/http"
	"runtime"
)

func main() {
	runtime.GOMAXPROCS(4)
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "Hello from Koru!")
	})
	if err := http.ListenAndServe(":3001", nil); err != nil {
		panic(err)
	}
}
