// Package document holds JSON documents as they were sent: the order of keys and the text of
// numbers survive, as they do in Port, where a document lives in a JavaScript object.
//
// Everything in the emulator that stores, compares or writes JSON uses it. A value is one of nil,
// bool, string, json.Number, []any and *Object. Values are shared between the catalog and
// responses, so they are immutable once stored: a change creates a copy.
package document
