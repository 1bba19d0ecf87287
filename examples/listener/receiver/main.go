// Command receiver stands in for Slack: it takes messages and prints them. With
// its address as SLACK_WEBHOOK_URL the listener can be tried without a workspace:
//
//	go run ./examples/listener/receiver
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/internal/slacktext"
)

// largest is more than any message of Slack's has.
const largest = 1 << 20

func main() {
	address := flag.String("listen", "127.0.0.1:9000", "`address` that messages are posted to")
	flag.Parse()
	fmt.Printf("waiting for messages: SLACK_WEBHOOK_URL=http://%s/services/example\n", *address)
	server := &http.Server{Addr: *address, Handler: receiver{os.Stdout}, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// receiver prints messages.
type receiver struct{ out io.Writer }

// ServeHTTP prints a message, and answers as Slack does.
func (r receiver) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	var message slack.WebhookMessage
	if err := json.NewDecoder(io.LimitReader(request.Body, largest)).Decode(&message); err != nil {
		http.Error(response, "invalid_payload", http.StatusBadRequest)
		return
	}
	_, _ = fmt.Fprintf(r.out, "\n%s\n", slacktext.Render(message))
	_, _ = io.WriteString(response, "ok")
}
