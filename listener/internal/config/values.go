package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The shortest interval between two messages: what is faster is no limit.
const shortestInterval = 10 * time.Millisecond

// units are what a size may be given in.
func units() map[string]int {
	return map[string]int{"": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30}
}

// size reads a number of bytes with its unit, and reports one that is out of
// bounds.
func (l *loader) size(where place, text string, smallest, largest int64) int64 {
	digits := strings.TrimRight(text, "BKMGi ")
	number, err := strconv.ParseInt(digits, 10, 32)
	shift, known := units()[strings.TrimSpace(strings.TrimPrefix(text, digits))]
	if size := number << shift; err == nil && known && size >= smallest && size <= largest {
		return size
	}
	l.report(where, fmt.Sprintf("it must be a size between %s and %s, such as %s", showSize(smallest), showSize(largest), showSize(4*smallest)))
	return 0
}

func showSize(size int64) string {
	for _, unit := range []string{"GiB", "MiB", "KiB"} {
		if whole := int64(1) << units()[unit]; size >= whole && size%whole == 0 {
			return fmt.Sprintf("%d%s", size/whole, unit)
		}
	}
	return fmt.Sprintf("%dB", size)
}

// duration reads a duration above nothing, and reports one that is too long.
func (l *loader) duration(where place, text string, longest time.Duration) time.Duration {
	duration, err := time.ParseDuration(text)
	if err != nil || duration <= 0 || duration > longest {
		l.report(where, fmt.Sprintf("it must be a duration of up to %s, such as %s", shorten(longest), shorten(longest/2)))
	}
	return duration
}

// shorten leaves out the units that say nothing.
func shorten(duration time.Duration) string {
	text := duration.String()
	for _, nothing := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, nothing) {
			text = strings.TrimSuffix(text, nothing[1:])
		}
	}
	return text
}

// rate reads how many messages a destination takes, such as 1/s or 30/m, and
// returns the time between two of them.
func (l *loader) rate(where place, text string) time.Duration {
	parts := regexp.MustCompile(`^([1-9][0-9]{0,5})/(s|m|h)$`).FindStringSubmatch(text)
	if parts == nil {
		l.report(where, "it must be a number of messages per s, m or h, such as 1/s or 30/m")
		return 0
	}
	number, _ := strconv.Atoi(parts[1]) // The expression takes nothing else.
	interval := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[parts[2]] / time.Duration(number)
	if interval < shortestInterval {
		l.report(where, fmt.Sprintf("it must be at most %d/s", time.Second/shortestInterval))
	}
	return interval
}
