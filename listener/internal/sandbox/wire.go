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

// request makes the process evaluate conditions or render a message for an event, which follows in
// the next frame.
type request struct {
	Conditions []json.RawMessage `json:"conditions,omitempty"`
	Render     *rendering        `json:"render,omitempty"`
}

// rendering requests the message of an event, its line in a digest, or a check whether a template
// is valid for a rule.
type rendering struct {
	Rule     rule.Rule       `json:"rule"`
	Template json.RawMessage `json:"template"`
	Names    message.Names   `json:"names"`
	Notes    message.Notes   `json:"notes"`
	Line     bool            `json:"line"`
	Try      bool            `json:"try"`
}

// response is the response of the process.
type response struct {
	Verdicts []verdict              `json:"verdicts,omitempty"`
	Message  message.Message        `json:"message,omitzero"`
	Line     message.Line           `json:"line,omitzero"`
	Mistake  *message.TemplateError `json:"mistake,omitempty"`
}

// verdict is the JSON form of a rule.Verdict.
type verdict struct {
	Matches bool      `json:"matches,omitempty"`
	Part    rule.Part `json:"part,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	// Failure is the text of the error of a condition, and Kind identifies the error.
	Failure string `json:"failure,omitempty"`
	Kind    string `json:"kind,omitempty"`
}

// The kinds of errors that callers distinguish.
const (
	kindTime    = "time"
	kindOutputs = "outputs"
)

// longestFailure limits the text of an error, which may quote the event.
const longestFailure = 1000

func verdictOf(given rule.Verdict) verdict {
	result := verdict{Matches: given.Matches, Part: given.Part, Reason: given.Reason}
	switch {
	case given.Err == nil:
		return result
	case errors.Is(given.Err, rule.ErrTime):
		result.Kind = kindTime
	case errors.Is(given.Err, rule.ErrOutputs):
		result.Kind = kindOutputs
	}
	result.Failure = given.Err.Error()
	result.Failure = result.Failure[:min(len(result.Failure), longestFailure)]
	return result
}

func (v verdict) verdict() rule.Verdict {
	result := rule.Verdict{Matches: v.Matches, Part: v.Part, Reason: v.Reason}
	switch {
	case v.Kind == kindTime:
		result.Err = rule.ErrTime
	case v.Kind == kindOutputs:
		result.Err = rule.ErrOutputs
	case v.Failure != "":
		result.Err = errors.New(v.Failure)
	}
	return result
}

// writeFrames writes each text, preceded by its length.
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
