package page

import (
	"bytes"
	"html/template"
	"image"
	imagedraw "image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

const repository = "../../../"

// pictured are the kinds of messages in the pictures of the guide, keyed by the names of the
// pictures.
func pictured(t *testing.T) map[string]message.Message {
	t.Helper()
	alert := func(selecting rule.Rule, body []byte, link string) message.Alert {
		event, err := changelog.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		names := message.Names{User: "Health Monitor", Blueprint: "Deployment Config", Link: link}
		return message.NewAlert(event, selecting).WithNames(names)
	}
	example := func(name string) []byte {
		body, err := os.ReadFile(repository + "examples/listener/events/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	const entity = "https://app.getport.io/deploymentConfigEntity?identifier=notification-service-prod"
	health := rule.DefaultHealth()
	run := []byte(`{"action":"UPDATE","resourceType":"run","status":"FAILURE","trigger":{"at":"2026-06-15T16:44:56.288Z","origin":"UI","by":{"userId":"ada@example.com"}},
		"context":{"action":{"identifier":"restart","title":"Restart"}},"diff":{"before":{"status":"IN_PROGRESS"},
		"after":{"id":"r_8KpLs2","status":"FAILURE","blueprint":{"identifier":"deploymentConfig"},"entity":{"identifier":"notification-service-prod","title":"Notification Service Production"}}}}`)
	var digest message.Digest
	for _, name := range []string{"health-changed", "health-crashed", "health-recovered", "created-crashed"} {
		digest.Add(alert(health, example(name), entity).Line())
	}
	messages := map[string]message.Message{"digest": digest.Message(message.Notes{})}
	for name, shown := range map[string]message.Alert{
		"change":   alert(health, example("health-changed"), entity),
		"creation": alert(health, example("created-crashed"), entity),
		"recovery": alert(health, example("health-recovered"), entity),
		"deletion": alert(rule.Rule{Name: "deleted"}, example("deleted"), "").WithNames(message.Names{User: "Ada Lovelace", Blueprint: "Service"}),
		"timer":    alert(rule.Rule{Name: "expired"}, example("timer-expired"), "").WithNames(message.Names{Blueprint: "Environment", Link: "https://app.getport.io/environmentEntity?identifier=preview-142"}),
		"run":      alert(rule.Rule{Name: "runs", ResourceTypes: []string{"run"}}, run, "").WithNames(message.Names{User: "Ada Lovelace", Blueprint: "Deployment Config"}),
	} {
		messages[name] = shown.Message(message.Notes{})
	}
	return messages
}

// TestPicturesOfMessages checks that the guide has a picture of each kind of message, whose
// description contains its heading. With UPDATE_SCREENSHOTS, it takes the pictures again with
// Chromium.
func TestPicturesOfMessages(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(repository + "docs/guides/listener-messages.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range pictured(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			drawn, err := draw(content)
			if err != nil {
				t.Fatal(err)
			}
			heading := regexp.MustCompile(`^\P{L}* `).ReplaceAllString(" "+string(drawn.Blocks[0].Text), "")
			file := "message-" + name + ".png"
			described := regexp.MustCompile(`!\[([^\]]+)\]\(../../.github/` + file + `\)`).FindStringSubmatch(string(guide))
			if described == nil || !strings.Contains(described[1], heading) {
				t.Errorf("the guide describes %s as %q, and its heading is %q", file, described, heading)
			}
			if os.Getenv("UPDATE_SCREENSHOTS") != "" {
				picture(t, drawn, repository+".github/"+file)
			}
		})
	}
}

// picture renders a message as the page does, and writes a picture of it.
func picture(t *testing.T, drawn drawing, file string) {
	t.Helper()
	parts := template.Must(template.New("").Funcs(functions(time.Now)).ParseFS(templateFiles, "templates/parts.html"))
	var body bytes.Buffer
	if err := parts.ExecuteTemplate(&body, "message", drawn); err != nil {
		t.Fatal(err)
	}
	style, err := assetFiles.ReadFile("assets/page.css")
	icon, missing := assetFiles.ReadFile("assets/icon.svg")
	if err != nil || missing != nil {
		t.Fatal(err, missing)
	}
	file, err = filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	html := `<!doctype html><html lang="en"><meta charset="utf-8"><style>` + string(style) +
		`html { color-scheme: light; } body { background: none; width: 720px; } .slack { max-width: none; }</style>` + body.String() +
		`<script>document.documentElement.dataset.height = Math.ceil(document.querySelector(".slack").getBoundingClientRect().bottom)</script>`
	for name, content := range map[string]string{"message.html": html, "icon.svg": string(icon)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	chromium := func(arguments ...string) string {
		flags := []string{
			"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync", "--hide-scrollbars",
			"--force-device-scale-factor=1.5", "--user-data-dir=" + filepath.Join(dir, "profile"),
		}
		output, err := exec.CommandContext(t.Context(), "chromium", append(append(flags, arguments...), "file://"+filepath.Join(dir, "message.html"))...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(output)
	}
	height := regexp.MustCompile(`data-height="(\d+)"`).FindStringSubmatch(chromium("--dump-dom", "--window-size=720,900"))
	if height == nil {
		t.Fatal("the message has no height")
	}
	// A window has a minimum height, so the picture is cropped.
	chromium("--window-size=720,900", "--screenshot="+file)
	cut(t, file, height[1])
}

// cut crops a picture to a height in CSS pixels.
func cut(t *testing.T, file, height string) {
	t.Helper()
	pixels, err := strconv.Atoi(height)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	part := image.NewRGBA(image.Rect(0, 0, whole.Bounds().Dx(), pixels*3/2))
	imagedraw.Draw(part, part.Bounds(), whole, image.Point{}, imagedraw.Src)
	var written bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&written, part); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, written.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
