package contract

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// object is a JSON object.
type object = map[string]any

// assumption is what the code assumes about Port where nothing documents it. The
// section of docs/decisions/assumptions.md with its name says what depends on it.
type assumption struct {
	name  string
	claim string
	// check reports whether it holds, and what was seen.
	check func(p *probe) (holds bool, seen string)
}

// assumptions are those that a few requests can confirm or refute.
func assumptions() []assumption {
	return slices.Concat(blueprintAssumptions(), entityAssumptions(), otherAssumptions())
}

func blueprintAssumptions() []assumption {
	return []assumption{
		{"taken-identifier", "A taken identifier of a blueprint is answered with 409", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			return p.status(http.StatusConflict, http.MethodPost, "/v1/blueprints", blueprintBody(name, nil))
		}},
		{"has-dependents", "Deleting a blueprint that has entities is answered with 409 has_dependents", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			p.entity(name, object{"identifier": "one"})
			status, answer := p.call(http.MethodDelete, "/v1/blueprints/"+name, nil)
			return status == http.StatusConflict && answer["error"] == "has_dependents", answered(status, answer)
		}},
		{"optional-keys", "Optional keys of a blueprint that were left out are left out of the answer", func(p *probe) (bool, string) {
			answer := p.get("/v1/blueprints/"+p.blueprint(nil), "blueprint")
			_, described := answer["description"]
			return !described, fmt.Sprintf("description is present: %t, %v", described, answer["description"])
		}},
		{"empty-description", "An empty description of a blueprint is kept", func(p *probe) (bool, string) {
			answer := p.get("/v1/blueprints/"+p.blueprint(object{"description": ""}), "blueprint")
			return answer["description"] == "", fmt.Sprintf("%#v", answer["description"])
		}},
		{"relation-target", "A relation to a blueprint that does not exist is refused", func(p *probe) (bool, string) {
			name := p.name()
			status, _ := p.call(http.MethodPost, "/v1/blueprints", blueprintBody(name, object{"relations": relation(p.name())}))
			if status < http.StatusBadRequest {
				p.cleanUp("/v1/blueprints/" + name)
			}
			return status >= http.StatusBadRequest, strconv.Itoa(status)
		}},
		{"targeted-blueprint", "A blueprint that a relation targets cannot be deleted", func(p *probe) (bool, string) {
			target := p.blueprint(nil)
			p.blueprint(object{"relations": relation(target)})
			status, _ := p.call(http.MethodDelete, "/v1/blueprints/"+target, nil)
			return status >= http.StatusBadRequest, strconv.Itoa(status)
		}},
		{"type-change", "The type of a property that entities have cannot be changed in place", func(p *probe) (bool, string) {
			name := p.blueprint(properties(object{"size": object{"type": "string"}}))
			p.entity(name, object{"identifier": "one", "properties": object{"size": "large"}})
			return p.refused(http.MethodPut, "/v1/blueprints/"+name, blueprintBody(name, properties(object{"size": object{"type": "number"}})))
		}},
		{"format-change", "The format of a property cannot be changed in place, even without entities", func(p *probe) (bool, string) {
			name := p.blueprint(properties(object{"link": object{"type": "string", "format": "url"}}))
			status, answer := p.call(http.MethodPut, "/v1/blueprints/"+name, blueprintBody(name, properties(object{"link": object{"type": "string", "format": "email"}})))
			return status == http.StatusUnprocessableEntity && answer["error"] == "forbidden_format_change", answered(status, answer)
		}},
		{"rename-blueprint", "A PUT with another identifier renames a blueprint, and its entities follow", func(p *probe) (bool, string) {
			name, renamed := p.blueprint(nil), p.name()
			p.entity(name, object{"identifier": "one"})
			p.must(http.MethodPut, "/v1/blueprints/"+name, blueprintBody(renamed, nil))
			p.cleanUp("/v1/blueprints/"+renamed, "/v1/blueprints/"+renamed+"/entities/one")
			return p.status(http.StatusOK, http.MethodGet, "/v1/blueprints/"+renamed+"/entities/one", nil)
		}},
		{"page-identifier", "A blueprint has a catalog page with its identifier", func(p *probe) (bool, string) {
			return p.status(http.StatusOK, http.MethodGet, "/v1/pages/"+p.blueprint(nil), nil)
		}},
		{"patch-depth", "PATCH of a blueprint replaces the keys of the body one level deep", func(p *probe) (bool, string) {
			name := p.blueprint(properties(object{"kept": object{"type": "string"}}))
			p.must(http.MethodPatch, "/v1/blueprints/"+name, properties(object{"added": object{"type": "string"}}))
			schema, _ := p.get("/v1/blueprints/"+name, "blueprint")["schema"].(object)
			defined, _ := schema["properties"].(object)
			_, kept := defined["kept"]
			return !kept, fmt.Sprintf("the other property was kept: %t", kept)
		}},
		{"protected-blueprints", "A change of _rule is refused", func(p *probe) (bool, string) {
			return p.refused(http.MethodPatch, "/v1/blueprints/_rule", object{})
		}},
		{"rule-results", "_rule_result takes no PUT", func(p *probe) (bool, string) {
			return p.refused(http.MethodPut, "/v1/blueprints/_rule_result", p.get("/v1/blueprints/_rule_result", "blueprint"))
		}},
	}
}

func entityAssumptions() []assumption {
	return []assumption{
		{"taken-entity", "A taken identifier of an entity is answered with 409 without upsert", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			p.entity(name, object{"identifier": "one"})
			return p.status(http.StatusConflict, http.MethodPost, "/v1/blueprints/"+name+"/entities", object{"identifier": "one"})
		}},
		{"absent-title", "A title that was never set is left out of the answer", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			p.entity(name, object{"identifier": "one"})
			title, present := p.get("/v1/blueprints/"+name+"/entities/one", "entity")["title"]
			return !present, fmt.Sprintf("present: %t, %v", present, title)
		}},
		{"relations-filled", "A relation that was never set is answered as null", func(p *probe) (bool, string) {
			name := p.blueprint(object{"relations": relation(p.blueprint(nil))})
			p.entity(name, object{"identifier": "one"})
			relations, _ := p.get("/v1/blueprints/"+name+"/entities/one", "entity")["relations"].(object)
			value, present := relations["other"]
			return present && value == nil, fmt.Sprintf("present: %t, %v", present, value)
		}},
		{"defaults", "A default fills an entity at its creation, and not when it is replaced", func(p *probe) (bool, string) {
			name := p.blueprint(properties(object{"size": object{"type": "string", "default": "large"}}))
			p.entity(name, object{"identifier": "one"})
			path := "/v1/blueprints/" + name + "/entities/one"
			created, _ := p.get(path, "entity")["properties"].(object)
			p.must(http.MethodPut, path, object{"identifier": "one", "properties": object{}})
			replaced, _ := p.get(path, "entity")["properties"].(object)
			return created["size"] == "large" && replaced["size"] == nil, fmt.Sprintf("created %v, replaced %v", created["size"], replaced["size"])
		}},
		{"missing-target", "A relation to an entity that does not exist is refused", func(p *probe) (bool, string) {
			name := p.blueprint(object{"relations": relation(p.blueprint(nil))})
			return p.refused(http.MethodPost, "/v1/blueprints/"+name+"/entities", object{"identifier": "one", "relations": object{"other": "nobody"}})
		}},
		{"user-format", "A property of the format user takes email addresses only", func(p *probe) (bool, string) {
			name := p.blueprint(properties(object{"owner": object{"type": "string", "format": "user"}}))
			return p.refused(http.MethodPost, "/v1/blueprints/"+name+"/entities", object{"identifier": "one", "properties": object{"owner": "nobody in particular"}})
		}},
		{"numbers", "A number beyond 2^53 is kept as it is", func(p *probe) (bool, string) {
			name := p.blueprint(properties(object{"large": object{"type": "number"}}))
			p.entity(name, object{"identifier": "one", "properties": object{"large": json.Number("9007199254740993")}})
			kept, _ := p.get("/v1/blueprints/"+name+"/entities/one", "entity")["properties"].(object)
			return fmt.Sprint(kept["large"]) == "9007199254740993", fmt.Sprint(kept["large"])
		}},
		{"list-parameters", "A list in a query may be joined by commas", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			p.entity(name, object{"identifier": "one"})
			entity := p.get("/v1/blueprints/"+name+"/entities/one?include=identifier,blueprint", "entity")
			return entity["identifier"] == "one", fmt.Sprint(entity)
		}},
		{"inherited-team", "An ownership that is inherited through a path that does not exist is dropped", func(p *probe) (bool, string) {
			name := p.blueprint(object{"ownership": object{"type": "Inherited", "path": "nowhere"}})
			ownership := p.get("/v1/blueprints/"+name, "blueprint")["ownership"]
			return ownership == nil, fmt.Sprint(ownership)
		}},
		{"absent-bulk-delete", "A bulk deletion passes over identifiers without an entity", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			status, _ := p.call(http.MethodPost, "/v1/blueprints/"+name+"/bulk/entities/delete", object{"entities": []string{"nobody"}})
			return status < http.StatusBadRequest, strconv.Itoa(status)
		}},
	}
}

func otherAssumptions() []assumption {
	return []assumption{
		{"action-blueprint", "An action over a blueprint that does not exist is refused", func(p *probe) (bool, string) {
			name := p.name()
			status, _ := p.call(http.MethodPost, "/v1/actions", automation(name, p.name()))
			if status < http.StatusBadRequest {
				p.cleanUp("/v1/actions/" + name)
			}
			return status >= http.StatusBadRequest, strconv.Itoa(status)
		}},
		{"action-created", "The creation of an action is answered with 201", func(p *probe) (bool, string) {
			name := p.name()
			status, _ := p.call(http.MethodPost, "/v1/actions", automation(name, p.blueprint(nil)))
			p.cleanUp("/v1/actions/" + name)
			return status == http.StatusCreated, strconv.Itoa(status)
		}},
		{"audit-log-of-the-deleted", "The audit log hides events of entities that are gone", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			p.entity(name, object{"identifier": "gone"})
			p.must(http.MethodDelete, "/v1/blueprints/"+name+"/entities/gone", nil)
			_, answer := p.call(http.MethodGet, "/v1/audit-log?resources=entity&blueprint="+name, nil)
			entries, _ := answer["audits"].([]any)
			return len(entries) == 0, fmt.Sprintf("%d entries", len(entries))
		}},
		{"audit-log", "The entries of the audit log are under audits", func(p *probe) (bool, string) {
			_, answer := p.call(http.MethodGet, "/v1/audit-log?limit=1", nil)
			_, isList := answer["audits"].([]any)
			return isList, strings.Join(keys(answer), ", ")
		}},
	}
}

func blueprintBody(name string, more object) object {
	body := object{"identifier": name, "title": name, "schema": object{"properties": object{}}}
	maps.Copy(body, more)
	return body
}

func properties(of object) object { return object{"schema": object{"properties": of}} }

func relation(target string) object {
	return object{"other": object{"target": target, "title": "Other", "required": false, "many": false}}
}

func automation(name, blueprint string) object {
	return object{
		"identifier": name, "title": name,
		"trigger":          object{"type": "automation", "event": object{"type": "ENTITY_CREATED", "blueprintIdentifier": blueprint}},
		"invocationMethod": object{"type": "WEBHOOK", "url": "https://example.com"},
		"publish":          false,
	}
}

func keys(of object) []string {
	var names []string
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// probe asks a Port, and removes what it made.
type probe struct {
	t       *testing.T
	address string
	token   string
}

// livePrefix is that of everything that tests make in live Port.
const livePrefix = "tf-acc-assumption-"

func (p *probe) name() string { return livePrefix + strings.ToLower(rand.Text()[:10]) }

func (p *probe) call(method, path string, body any) (int, object) {
	p.t.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	if body == nil {
		content = nil
	}
	request, err := http.NewRequestWithContext(context.WithoutCancel(p.t.Context()), method, p.address+path, bytes.NewReader(content))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+p.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var answer object
	_ = decoder.Decode(&answer) // What is not JSON is seen by its status.
	return response.StatusCode, answer
}

// must calls what has to succeed for the assumption to be checked at all.
func (p *probe) must(method, path string, body any) object {
	p.t.Helper()
	status, answer := p.call(method, path, body)
	if status >= http.StatusBadRequest {
		p.t.Fatalf("it cannot be checked: %s %s is answered with %d: %v", method, path, status, answer["message"])
	}
	return answer
}

func (p *probe) get(path, key string) object {
	p.t.Helper()
	content, _ := p.must(http.MethodGet, path, nil)[key].(object)
	return content
}

func (p *probe) status(want int, method, path string, body any) (bool, string) {
	p.t.Helper()
	status, answer := p.call(method, path, body)
	return status == want, answered(status, answer)
}

func (p *probe) refused(method, path string, body any) (bool, string) {
	p.t.Helper()
	status, answer := p.call(method, path, body)
	return status >= http.StatusBadRequest, answered(status, answer)
}

// answered is the status, with the code of an error.
func answered(status int, answer object) string {
	code, _ := answer["error"].(string)
	return strings.TrimSpace(strconv.Itoa(status) + " " + code)
}

func (p *probe) blueprint(more object) string {
	p.t.Helper()
	name := p.name()
	p.must(http.MethodPost, "/v1/blueprints", blueprintBody(name, more))
	p.cleanUp("/v1/blueprints/" + name)
	return name
}

func (p *probe) entity(blueprint string, body object) {
	p.t.Helper()
	p.must(http.MethodPost, "/v1/blueprints/"+blueprint+"/entities", body)
	p.cleanUp(fmt.Sprintf("/v1/blueprints/%s/entities/%s", blueprint, body["identifier"]))
}

// cleanUp deletes at the end, in the reverse order of their making.
func (p *probe) cleanUp(paths ...string) {
	p.t.Cleanup(func() {
		for _, path := range slices.Backward(paths) {
			_, _ = p.call(http.MethodDelete, path, nil)
		}
	})
}

// connect returns a probe of live Port where TF_ACC asks for it, and of an emulator otherwise.
func connect(t *testing.T) (p *probe, isLive bool) {
	t.Helper()
	p = &probe{t: t, address: strings.TrimSuffix(strings.TrimSuffix(cmp.Or(os.Getenv("PORT_BASE_URL"), "https://api.getport.io"), "/"), "/v1")}
	id, secret := os.Getenv("PORT_CLIENT_ID"), os.Getenv("PORT_CLIENT_SECRET")
	if isLive = os.Getenv("TF_ACC") != ""; !isLive {
		backend, err := emulator.New(emulator.Options{ClientID: clientID, ClientSecret: clientSecret})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(backend)
		t.Cleanup(server.Close)
		p.address, id, secret = server.URL, clientID, clientSecret
	}
	if p.token = os.Getenv("PORT_TOKEN"); p.token == "" || !isLive {
		answer := p.must(http.MethodPost, "/v1/auth/access_token", object{"clientId": id, "clientSecret": secret})
		p.token, _ = answer["accessToken"].(string)
	}
	return p, isLive
}

// TestAssumptions checks each assumption with the emulator, where all must hold; or
// with live Port, where it prints what was confirmed and what was refuted.
func TestAssumptions(t *testing.T) {
	t.Parallel()
	shared, isLive := connect(t)
	rows := make([]string, len(assumptions()))
	t.Cleanup(func() {
		if isLive {
			t.Logf("\n| assumption | %s | seen |\n|---|---|---|\n%s", shared.address, strings.Join(rows, "\n"))
		}
	})
	for i, assumed := range assumptions() {
		rows[i] = fmt.Sprintf("| %s (%s) | cannot be checked | |", assumed.claim, assumed.name)
		t.Run(assumed.name, func(t *testing.T) {
			t.Parallel()
			holds, seen := assumed.check(&probe{t: t, address: shared.address, token: shared.token})
			verdict := "confirmed"
			if !holds {
				verdict = "**refuted**"
			}
			rows[i] = fmt.Sprintf("| %s (%s) | %s | %s |", assumed.claim, assumed.name, verdict, strings.ReplaceAll(seen, "|", "\\|"))
			if !holds && !isLive {
				t.Errorf("%s: the emulator answers otherwise: %s", assumed.claim, seen)
			}
		})
	}
}

// TestAssumptionsAreExplained compares the assumptions, and the marks in the code, with
// the sections of the page about them.
func TestAssumptionsAreExplained(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/decisions/assumptions.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := make(map[string]bool)
	for _, heading := range regexp.MustCompile(`(?m)^### (.+)$`).FindAllStringSubmatch(string(page), -1) {
		explained[heading[1]] = false
	}
	use := func(name, where string) {
		if _, exists := explained[name]; !exists {
			t.Errorf("the page has no section %s, which %s names", name, where)
		}
		explained[name] = true
	}
	for _, assumed := range assumptions() {
		use(assumed.name, "a test")
	}
	err = filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		for _, mark := range regexp.MustCompile(`\[\?([a-z-]*)\]`).FindAllStringSubmatch(string(content), -1) {
			if mark[1] != "name" || !strings.HasSuffix(path, "emulator/doc.go") {
				use(mark[1], path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, isUsed := range explained {
		if !isUsed {
			t.Errorf("nothing depends on the section %s of the page", name)
		}
	}
}
