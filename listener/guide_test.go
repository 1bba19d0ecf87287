package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
)

// guide returns the text of all pages about the listener.
func guide(t *testing.T) string {
	t.Helper()
	pages, err := filepath.Glob("../docs/guides/listener*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are no pages: %v", err)
	}
	var text strings.Builder
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(content)
	}
	return text.String()
}

// TestGuideMetrics checks that the guide lists exactly the metrics of a running listener: their
// names, their labels, and the values of labels with a closed set.
func TestGuideMetrics(t *testing.T) {
	t.Parallel()
	shown := exposed(t)
	listed := make(map[string]string)
	for _, row := range regexp.MustCompile("(?m)^\\| `(port_listener_[a-z_]+)` \\| (.*?)\\|").FindAllStringSubmatch(guide(t), -1) {
		listed[row[1]] = row[2]
	}
	names := slices.DeleteFunc(metricNames(shown), func(name string) bool { return !strings.HasPrefix(name, "port_listener_") })
	for name := range listed {
		if !slices.Contains(names, name) {
			t.Errorf("the guide has %s, which the listener does not expose", name)
		}
	}
	for _, name := range names {
		cell, ok := listed[name]
		if !ok {
			t.Errorf("the guide does not have %s", name)
			continue
		}
		want := labelsOf(shown, name)
		var documented []string
		for _, quoted := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cell, -1) {
			documented = append(documented, quoted[1])
		}
		slices.Sort(documented)
		documented = slices.Compact(documented)
		if !slices.Equal(documented, want) {
			t.Errorf("the guide has the labels and values %q for %s, and there are %q", documented, name, want)
		}
	}
}

// labelsOf returns the labels of a metric, and the values of those that do not come from the
// configuration.
func labelsOf(exposition, name string) []string {
	var labels []string
	series := regexp.MustCompile(`(?m)^` + name + `(?:_bucket|_sum|_count)?\{(.*)\} `)
	for _, match := range series.FindAllStringSubmatch(exposition, -1) {
		for _, pair := range regexp.MustCompile(`([a-z_]+)="([^"]*)"`).FindAllStringSubmatch(match[1], -1) {
			switch pair[1] {
			case "le":
			case "result", "reason", "source":
				labels = append(labels, pair[1], pair[2])
			default:
				labels = append(labels, pair[1])
			}
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

// TestGuideQuotesTheLog checks that every log message that the guide or an alerting rule quotes
// exists.
func TestGuideQuotesTheLog(t *testing.T) {
	t.Parallel()
	sources := listenerSources(t)
	quoted := regexp.MustCompile(`msg="([^"]+)"`).FindAllStringSubmatch(guide(t), -1)
	if len(quoted) == 0 {
		t.Error("the guide quotes no line")
	}
	for _, line := range quoted {
		if !strings.Contains(sources, `"`+line[1]+`"`) {
			t.Errorf("the listener does not log %q", line[1])
		}
	}
}

// listenerSources returns the source code of the listener.
func listenerSources(t *testing.T) string {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestGuideShowsTheEvent compares the event in the guide with the one that conditions see.
func TestGuideShowsTheEvent(t *testing.T) {
	t.Parallel()
	event, err := changelog.Parse(exampleEvent)
	if err != nil {
		t.Fatal(err)
	}
	want, err := changelog.Stringify(event.Document())
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(guide(t), -1) {
		shown, err := changelog.Parse([]byte(block[1]))
		if err != nil {
			t.Errorf("%v in\n%s", err, block[1])
			continue
		}
		if got, err := changelog.Stringify(shown.Document()); err == nil && shown.Action != "" && !bytes.Equal(got, want) {
			t.Errorf("the guide shows %s\nand a condition sees %s", got, want)
		}
	}
}

// TestGuideShowsTheMessage compares the message in the guide with the rendered one.
func TestGuideShowsTheMessage(t *testing.T) {
	t.Parallel()
	rendered := execute(t, nil, "render").stdout
	shown := regexp.MustCompile("(?s)```text\n(The event: .*?)```").FindStringSubmatch(guide(t))
	if shown == nil || !strings.HasPrefix(rendered, shown[1]) {
		t.Errorf("the guide shows %q\nand listener render %q", shown, rendered)
	}
}

// anchors returns the anchors of the headings of a page.
func anchors(text string) []string {
	var slugs []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		anchor := strings.ReplaceAll(strings.ToLower(heading[1]), " ", "-")
		slugs = append(slugs, regexp.MustCompile(`[^a-z0-9_-]`).ReplaceAllString(anchor, ""))
	}
	return slugs
}

// TestLinks checks that every file of the repository and every heading that a page links to exists.
func TestLinks(t *testing.T) {
	t.Parallel()
	var pages []string
	for _, pattern := range []string{"../README.md", "../.github/*.md", "../docs/guides/*.md", "../docs/decisions/*.md", "../docs/index.md"} {
		matching, err := filepath.Glob(pattern)
		if err != nil || len(matching) == 0 {
			t.Fatalf("%s: there are no pages (%v)", pattern, err)
		}
		pages = append(pages, matching...)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(string(text), -1) {
			if err := follow(page, link[1]); err != nil {
				t.Errorf("%s: %s leads nowhere: %v", page, link[1], err)
			}
		}
	}
}

// follow checks the target of a link, unless it is on another site.
func follow(page, link string) error {
	target, anchor, _ := strings.Cut(link, "#")
	path := filepath.Join(filepath.Dir(page), target)
	if inRepository, ok := strings.CutPrefix(target, "https://github.com/port-changelog/terraform-provider-port/"); ok {
		if strings.HasPrefix(inRepository, "security/") {
			return nil
		}
		path = "../" + strings.TrimPrefix(strings.TrimPrefix(inRepository, "blob/main/"), "tree/main/")
	} else if strings.HasPrefix(target, "https://") {
		return nil
	}
	if target == "" {
		path = page
	}
	info, err := os.Stat(path)
	if err != nil || anchor == "" || info.IsDir() {
		return err
	}
	text, err := os.ReadFile(path)
	if err == nil && !slices.Contains(anchors(string(text)), anchor) {
		err = errors.New("there is no such heading")
	}
	return err
}
