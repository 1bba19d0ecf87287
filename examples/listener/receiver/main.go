// Command receiver is a stand-in for Slack that prints the messages it receives. Use its address as
// SLACK_WEBHOOK_URL to try the listener without a workspace:
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

// maxSize is the maximum size of a request, which is larger than any Slack message.
const maxSize = 1 << 20

func main() {
	address := flag.String("listen", "127.0.0.1:9000", "`address` that messages are posted to")
	flag.Parse()
	fmt.Printf("waiting for messages: SLACK_WEBHOOK_URL=http://%s/services/example\n", *address)
	server := &http.Server{Addr: *address, Handler: receiver{os.Stdout}, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// receiver prints messages.
type receiver struct{ out io.Writer }

// ServeHTTP prints a message and responds like Slack.
func (r receiver) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	var message slack.WebhookMessage
	if err := json.NewDecoder(io.LimitReader(request.Body, maxSize)).Decode(&message); err != nil {
		http.Error(response, "invalid_payload", http.StatusBadRequest)
		return
	}
	_, _ = fmt.Fprintf(r.out, "\n%s\n", slacktext.Render(message))
	_, _ = io.WriteString(response, "ok")
}
