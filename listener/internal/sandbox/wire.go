package sandbox

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// request asks the process about an event, which follows it: to evaluate conditions, or to render a
// message.
type request struct {
	Conditions []json.RawMessage `json:"conditions,omitempty"`
	Render     *rendering        `json:"render,omitempty"`
}

// rendering asks for the message of an event, or for its line; or whether a template can be used
// for a rule.
type rendering struct {
	Rule     rule.Rule       `json:"rule"`
	Template json.RawMessage `json:"template"`
	Names    message.Names   `json:"names"`
	Notes    message.Notes   `json:"notes"`
	Line     bool            `json:"line"`
	Try      bool            `json:"try"`
}

// answer is what the process says.
type answer struct {
	Verdicts []verdict              `json:"verdicts,omitempty"`
	Message  message.Message        `json:"message,omitzero"`
	Line     message.Line           `json:"line,omitzero"`
	Mistake  *message.TemplateError `json:"mistake,omitempty"`
}

// verdict is a rule.Verdict.
type verdict struct {
	Matches bool      `json:"matches,omitempty"`
	Part    rule.Part `json:"part,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	// Failure is what a failed condition says; Kind tells which error it is.
	Failure string `json:"failure,omitempty"`
	Kind    string `json:"kind,omitempty"`
}

// The errors of conditions that somebody branches on.
const (
	kindTime    = "time"
	kindOutputs = "outputs"
)

// longestFailure is how much is passed on of what a failed condition says: it may quote the event.
const longestFailure = 1000

func verdictOf(given rule.Verdict) verdict {
	made := verdict{Matches: given.Matches, Part: given.Part, Reason: given.Reason}
	switch {
	case given.Err == nil:
		return made
	case errors.Is(given.Err, rule.ErrTime):
		made.Kind = kindTime
	case errors.Is(given.Err, rule.ErrOutputs):
		made.Kind = kindOutputs
	}
	made.Failure = given.Err.Error()
	made.Failure = made.Failure[:min(len(made.Failure), longestFailure)]
	return made
}

func (v verdict) verdict() rule.Verdict {
	made := rule.Verdict{Matches: v.Matches, Part: v.Part, Reason: v.Reason}
	switch {
	case v.Kind == kindTime:
		made.Err = rule.ErrTime
	case v.Kind == kindOutputs:
		made.Err = rule.ErrOutputs
	case v.Failure != "":
		made.Err = errors.New(v.Failure)
	}
	return made
}

// writeFrames writes each text after its length.
func writeFrames(to io.Writer, texts ...[]byte) error {
	for _, text := range texts {
		frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(text)), uint32(len(text))) //nolint:gosec // An event has 16 MiB.
		if _, err := to.Write(append(frame, text...)); err != nil {
			return err
		}
	}
	return nil
}

func readFrame(from *bufio.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	text := make([]byte, binary.BigEndian.Uint32(length[:]))
	_, err := io.ReadFull(from, text)
	return text, err
}
