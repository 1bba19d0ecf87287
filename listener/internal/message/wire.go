package message

import (
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"
)

// messageText is the JSON form of a message. Its blocks are unchanged.
type messageText struct {
	Text   string            `json:"text"`
	Blocks []json.RawMessage `json:"blocks"`
}

// MarshalJSON implements json.Marshaler.
func (m Message) MarshalJSON() ([]byte, error) {
	written := messageText{Text: m.Text}
	for _, block := range m.Blocks {
		content, err := json.Marshal(block)
		if err != nil {
			return nil, fmt.Errorf("serialising a block: %w", err)
		}
		written.Blocks = append(written.Blocks, content)
	}
	return json.Marshal(written)
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Message) UnmarshalJSON(text []byte) error {
	var read messageText
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*m = Message{Text: read.Text}
	for _, content := range read.Blocks {
		var head struct {
			Type string `json:"type"`
			ID   string `json:"block_id"`
		}
		if err := json.Unmarshal(content, &head); err != nil {
			return fmt.Errorf("reading a block: %w", err)
		}
		m.Blocks = append(m.Blocks, rawBlock{kind: slack.MessageBlockType(head.Type), id: head.ID, content: content})
	}
	return nil
}

// lineText is the JSON form of a line.
type lineText struct {
	Text   string `json:"text"`
	Health bool   `json:"health"`
}

// MarshalJSON implements json.Marshaler.
func (l Line) MarshalJSON() ([]byte, error) { return json.Marshal(lineText{l.Text, l.health}) }

// UnmarshalJSON implements json.Unmarshaler.
func (l *Line) UnmarshalJSON(text []byte) error {
	var read lineText
	err := json.Unmarshal(text, &read)
	*l = Line{Text: read.Text, health: read.Health}
	return err
}
