package queue

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// The form of the records in a block of the embedded server, as its file store
// writes them: a header, the subject, the headers of the message if there are
// any, the message, and a checksum.
const (
	recordHeaderSize = 22
	recordHashSize   = 8
	withHeaders      = 1 << 31
	largestRecord    = 32 << 20
)

// block is a block of messages as it was read.
type block struct {
	// sound holds the records whose checksum is right.
	sound []byte
	// damaged counts the records whose checksum is wrong.
	damaged int
	// cut says that after the last record there are bytes that are none: a
	// record whose writing was interrupted, or whose length is damaged.
	cut bool
}

func (b block) whole() bool { return b.damaged == 0 && !b.cut }

// readBlock looks through the content of a block of a stream.
func readBlock(path string, stream string, content []byte) (block, error) {
	hasher, err := blockHash(path, stream)
	if err != nil {
		return block{}, err
	}
	var found block
	for len(content) > 0 {
		length, ok := recordLength(content)
		if !ok {
			found.cut = true
			break
		}
		record := content[:length]
		content = content[length:]
		if recordSound(hasher, record) {
			found.sound = append(found.sound, record...)
		} else {
			found.damaged++
		}
	}
	return found, nil
}

// blockHash returns the hash that the checksums of a block are made with. Its key
// is made of the name of the stream and the number of the block.
func blockHash(path, stream string) (hash.Hash64, error) {
	number, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(path), blockSuffix))
	if err != nil {
		return nil, fmt.Errorf("the block %s has no number", path)
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s-%d", stream, number))
	return highwayhash.NewDigest64(key[:])
}

func recordLength(content []byte) (int, bool) {
	if len(content) < recordHeaderSize+recordHashSize {
		return 0, false
	}
	length := binary.LittleEndian.Uint32(content) &^ withHeaders
	if length < recordHeaderSize+recordHashSize || length > largestRecord || int(length) > len(content) {
		return 0, false
	}
	return int(length), true
}

// recordSound compares the checksum of a record. It covers the sequence number,
// the time, the subject, the headers and the message.
func recordSound(hasher hash.Hash64, record []byte) bool {
	subject := int(binary.LittleEndian.Uint16(record[20:]))
	data := record[recordHeaderSize:]
	rest := subject
	if binary.LittleEndian.Uint32(record)&withHeaders != 0 {
		rest += 4
	}
	end := len(data) - recordHashSize
	if rest > end {
		return false
	}
	hasher.Reset()
	_, _ = hasher.Write(record[4:20])
	_, _ = hasher.Write(data[:subject])
	_, _ = hasher.Write(data[rest:end])
	return bytes.Equal(hasher.Sum(nil), data[end:])
}
