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

// assumption is an assumption about undocumented behaviour of Port. The section of
// docs/decisions/assumptions.md with its name says what depends on it.
type assumption struct {
	name  string
	claim string
	// check reports whether it holds, and what was observed.
	check func(p *probe) (holds bool, seen string)
}

// assumptions returns those that a few requests can confirm or refute.
func assumptions() []assumption {
	return slices.Concat(blueprintAssumptions(), entityAssumptions(), otherAssumptions())
}

func blueprintAssumptions() []assumption {
	return []assumption{
		{"taken-identifier", "A taken identifier of a blueprint causes 409", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			return p.status(http.StatusConflict, http.MethodPost, "/v1/blueprints", blueprintBody(name, nil))
		}},
		{"has-dependents", "Deleting a blueprint that has entities causes 409 has_dependents", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			p.entity(name, object{"identifier": "one"})
			status, result := p.call(http.MethodDelete, "/v1/blueprints/"+name, nil)
			return status == http.StatusConflict && result["error"] == "has_dependents", describeStatus(status, result)
		}},
		{"optional-keys", "Omitted optional keys of a blueprint are omitted from the response", func(p *probe) (bool, string) {
			result := p.get("/v1/blueprints/"+p.blueprint(nil), "blueprint")
			_, described := result["description"]
			return !described, fmt.Sprintf("description is present: %t, %v", described, result["description"])
		}},
		{"empty-description", "An empty description of a blueprint is kept", func(p *probe) (bool, string) {
			result := p.get("/v1/blueprints/"+p.blueprint(object{"description": ""}), "blueprint")
			return result["description"] == "", fmt.Sprintf("%#v", result["description"])
		}},
		{"relation-target", "A relation to a nonexistent blueprint is refused", func(p *probe) (bool, string) {
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
			status, result := p.call(http.MethodPut, "/v1/blueprints/"+name, blueprintBody(name, properties(object{"link": object{"type": "string", "format": "email"}})))
			return status == http.StatusUnprocessableEntity && result["error"] == "forbidden_format_change", describeStatus(status, result)
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
		{"rule-results", "A PUT of _rule_result is refused", func(p *probe) (bool, string) {
			return p.refused(http.MethodPut, "/v1/blueprints/_rule_result", p.get("/v1/blueprints/_rule_result", "blueprint"))
		}},
	}
}

func entityAssumptions() []assumption {
	return []assumption{
		{"taken-entity", "A taken identifier of an entity causes 409 without upsert", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			p.entity(name, object{"identifier": "one"})
			return p.status(http.StatusConflict, http.MethodPost, "/v1/blueprints/"+name+"/entities", object{"identifier": "one"})
		}},
		{"absent-title", "A title that was never set is omitted from the response", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			p.entity(name, object{"identifier": "one"})
			title, present := p.get("/v1/blueprints/"+name+"/entities/one", "entity")["title"]
			return !present, fmt.Sprintf("present: %t, %v", present, title)
		}},
		{"relations-filled", "A relation that was never set is returned as null", func(p *probe) (bool, string) {
			name := p.blueprint(object{"relations": relation(p.blueprint(nil))})
			p.entity(name, object{"identifier": "one"})
			relations, _ := p.get("/v1/blueprints/"+name+"/entities/one", "entity")["relations"].(object)
			value, present := relations["other"]
			return present && value == nil, fmt.Sprintf("present: %t, %v", present, value)
		}},
		{"defaults", "A default applies when an entity is created, but not when it is replaced", func(p *probe) (bool, string) {
			name := p.blueprint(properties(object{"size": object{"type": "string", "default": "large"}}))
			p.entity(name, object{"identifier": "one"})
			path := "/v1/blueprints/" + name + "/entities/one"
			created, _ := p.get(path, "entity")["properties"].(object)
			p.must(http.MethodPut, path, object{"identifier": "one", "properties": object{}})
			replaced, _ := p.get(path, "entity")["properties"].(object)
			return created["size"] == "large" && replaced["size"] == nil, fmt.Sprintf("created %v, replaced %v", created["size"], replaced["size"])
		}},
		{"missing-target", "A relation to a nonexistent entity is refused", func(p *probe) (bool, string) {
			name := p.blueprint(object{"relations": relation(p.blueprint(nil))})
			return p.refused(http.MethodPost, "/v1/blueprints/"+name+"/entities", object{"identifier": "one", "relations": object{"other": "nobody"}})
		}},
		{"user-format", "A property of the format user accepts only email addresses", func(p *probe) (bool, string) {
			name := p.blueprint(properties(object{"owner": object{"type": "string", "format": "user"}}))
			return p.refused(http.MethodPost, "/v1/blueprints/"+name+"/entities", object{"identifier": "one", "properties": object{"owner": "nobody in particular"}})
		}},
		{"numbers", "A number beyond 2^53 is stored exactly", func(p *probe) (bool, string) {
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
		{"inherited-team", "An inherited ownership with a nonexistent path is dropped", func(p *probe) (bool, string) {
			name := p.blueprint(object{"ownership": object{"type": "Inherited", "path": "nowhere"}})
			ownership := p.get("/v1/blueprints/"+name, "blueprint")["ownership"]
			return ownership == nil, fmt.Sprint(ownership)
		}},
		{"absent-bulk-delete", "A bulk deletion ignores identifiers without an entity", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			status, _ := p.call(http.MethodPost, "/v1/blueprints/"+name+"/bulk/entities/delete", object{"entities": []string{"nobody"}})
			return status < http.StatusBadRequest, strconv.Itoa(status)
		}},
	}
}

func otherAssumptions() []assumption {
	return []assumption{
		{"action-blueprint", "An action for a nonexistent blueprint is refused", func(p *probe) (bool, string) {
			name := p.name()
			status, _ := p.call(http.MethodPost, "/v1/actions", automation(name, p.name()))
			if status < http.StatusBadRequest {
				p.cleanUp("/v1/actions/" + name)
			}
			return status >= http.StatusBadRequest, strconv.Itoa(status)
		}},
		{"action-created", "The creation of an action returns 201", func(p *probe) (bool, string) {
			name := p.name()
			status, _ := p.call(http.MethodPost, "/v1/actions", automation(name, p.blueprint(nil)))
			p.cleanUp("/v1/actions/" + name)
			return status == http.StatusCreated, strconv.Itoa(status)
		}},
		{"audit-log-of-the-deleted", "The audit log hides events of deleted entities", func(p *probe) (bool, string) {
			name := p.blueprint(nil)
			p.entity(name, object{"identifier": "gone"})
			p.must(http.MethodDelete, "/v1/blueprints/"+name+"/entities/gone", nil)
			_, result := p.call(http.MethodGet, "/v1/audit-log?resources=entity&blueprint="+name, nil)
			entries, _ := result["audits"].([]any)
			return len(entries) == 0, fmt.Sprintf("%d entries", len(entries))
		}},
		{"audit-log", "The entries of the audit log are under the key audits", func(p *probe) (bool, string) {
			_, result := p.call(http.MethodGet, "/v1/audit-log?limit=1", nil)
			_, isList := result["audits"].([]any)
			return isList, strings.Join(keys(result), ", ")
		}},
	}
}

func blueprintBody(name string, more object) object {
	body := object{"identifier": name, "title": name, "schema": object{"properties": object{}}}
	maps.Copy(body, more)
	return body
}

func properties(definitions object) object {
	return object{"schema": object{"properties": definitions}}
}

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

func keys(values object) []string {
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// probe sends requests to Port, and deletes what it created.
type probe struct {
	t       *testing.T
	address string
	token   string
}

// namePrefix is the prefix of everything that tests create in live Port.
const namePrefix = "tf-acc-assumption-"

func (p *probe) name() string { return namePrefix + strings.ToLower(rand.Text()[:10]) }

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
	var result object
	_ = decoder.Decode(&result) // The status identifies a body that is not JSON.
	return response.StatusCode, result
}

// must sends a request whose success is a precondition of the check.
func (p *probe) must(method, path string, body any) object {
	p.t.Helper()
	status, result := p.call(method, path, body)
	if status >= http.StatusBadRequest {
		p.t.Fatalf("precondition failed: %s %s returned %d: %v", method, path, status, result["message"])
	}
	return result
}

func (p *probe) get(path, key string) object {
	p.t.Helper()
	content, _ := p.must(http.MethodGet, path, nil)[key].(object)
	return content
}

func (p *probe) status(want int, method, path string, body any) (bool, string) {
	p.t.Helper()
	status, result := p.call(method, path, body)
	return status == want, describeStatus(status, result)
}

func (p *probe) refused(method, path string, body any) (bool, string) {
	p.t.Helper()
	status, result := p.call(method, path, body)
	return status >= http.StatusBadRequest, describeStatus(status, result)
}

// describeStatus returns the status with the error code, if any.
func describeStatus(status int, result object) string {
	code, _ := result["error"].(string)
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

// cleanUp deletes the paths when the test ends, in reverse order of creation.
func (p *probe) cleanUp(paths ...string) {
	p.t.Cleanup(func() {
		for _, path := range slices.Backward(paths) {
			_, _ = p.call(http.MethodDelete, path, nil)
		}
	})
}

// connect returns a probe of live Port if TF_ACC is set, otherwise of an emulator.
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
		result := p.must(http.MethodPost, "/v1/auth/access_token", object{"clientId": id, "clientSecret": secret})
		p.token, _ = result["accessToken"].(string)
	}
	return p, isLive
}

// TestAssumptions checks each assumption against the emulator, where all must hold, or against live
// Port, where it prints which were confirmed and which refuted.
func TestAssumptions(t *testing.T) {
	t.Parallel()
	shared, isLive := connect(t)
	rows := make([]string, len(assumptions()))
	t.Cleanup(func() {
		if isLive {
			t.Logf("\n| assumption | %s | observed |\n|---|---|---|\n%s", shared.address, strings.Join(rows, "\n"))
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
				t.Errorf("%s: the emulator behaves differently: %s", assumed.claim, seen)
			}
		})
	}
}

// TestAssumptionsAreExplained checks that every assumption and every mark in the code has a section
// on the page, and the other way round.
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
			t.Errorf("nothing refers to the section %s of the page", name)
		}
	}
}
