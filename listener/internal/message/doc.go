// Package message renders events as Slack messages. Its functions are pure: the same event and time
// give the same message. It respects Slack's limits and escapes every value from an event. The
// application sends its messages with package slack.
package message
