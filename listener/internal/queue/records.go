package queue

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// errConflict says that a record was changed by somebody else meanwhile.
var errConflict = errors.New("it was changed by another process")

// records is a stream that keeps the last message of each subject: small values
// under a name, which can be changed by one process without overwriting another.
type records struct {
	js     jetstream.JetStream
	stream jetstream.Stream
}

// record is a value and its revision; revision 0 is that of no value.
type record struct {
	data     []byte
	revision uint64
}

// get returns the record of a name.
func (r records) get(ctx context.Context, name string) (record, error) {
	message, err := r.stream.GetLastMsgForSubject(ctx, name)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return record{}, nil
	}
	if err != nil {
		return record{}, err
	}
	return record{data: message.Data, revision: message.Sequence}, nil
}

// put writes a record, whatever was there.
func (r records) put(ctx context.Context, name string, data []byte) error {
	_, err := r.js.PublishMsg(ctx, &nats.Msg{Subject: name, Data: data})
	return err
}

// replace writes a record in the place of the revision that the caller has seen,
// and returns the new revision. Its error is errConflict when that is not the
// last one.
func (r records) replace(ctx context.Context, name string, data []byte, revision uint64) (uint64, error) {
	ack, err := r.js.PublishMsg(ctx, &nats.Msg{Subject: name, Data: data}, jetstream.WithExpectLastSequencePerSubject(revision))
	if api, ok := errors.AsType[*jetstream.APIError](err); ok && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return 0, errConflict
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}
