// Package message turns an event into what Slack shows. Its functions are pure: the same event at
// the same time gives the same message. It knows Slack's limits and escapes every value that comes
// from an event. The application builds with it what the slack package sends.
package message
