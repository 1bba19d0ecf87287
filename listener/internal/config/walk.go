package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/port-changelog/terraform-provider-port/listener/internal/name"
)

// deepest is the maximum nesting depth of sections and lists.
const deepest = 100

// item is the origin of a value in the document. Every value has one.
type item struct {
	// key is the node of the key, or the element of a list. It is nil if the file does not contain
	// the value.
	key, node ast.Node
	path      []string
	// tag is the tag of the field for the value.
	tag reflect.StructTag
	// parent contains the value; nil for the file itself.
	parent *item
	// mistaken means that a mistake in the value itself was reported. A section with an unknown key
	// is mistaken, because a key that seems to be missing may have been mistyped. incomplete means
	// that there is a mistake in the value or anywhere within it.
	mistaken, incomplete bool
}

func (i *item) self() *item { return i }

// given reports whether the file contains the value.
func (i *item) given() bool { return i.key != nil }

// below returns the item of a value within this one.
func (i *item) below(key, node ast.Node, step string) item {
	return item{key: key, node: node, path: append(slices.Clone(i.path), step), tag: i.tag, parent: i}
}

// itself returns the item of a value with the same node.
func (i *item) itself() item {
	same := *i
	same.parent = i
	return same
}

// mark records that a mistake in the value was reported.
func (i *item) mark() {
	i.mistaken = true
	for ; i != nil; i = i.parent {
		i.incomplete = true
	}
}

// value is a part of a document: a section, which is a struct whose fields have the tag key, or a
// reader.
type value interface{ self() *item }

// reader is a value that reads itself from its node.
type reader interface{ read(l *loader) }

// ignored is a part of the file that is not read and may be invalid.
type ignored struct{ item }

// otherKeys is the tag of a field for all keys without their own field.
const otherKeys = "*"

// fill reads a part of the file into a value of a document, and reports every mistake in it.
func (l *loader) fill(target value, at item) {
	*target.self() = at
	here := target.self()
	if _, skip := target.(*ignored); skip || !l.isReadable(here) {
		return
	}
	switch target := target.(type) {
	case reader:
		target.read(l)
	case scalar:
		l.parse(target, here)
	default:
		l.fillSection(target)
	}
}

// isReadable reports missing values, excessive nesting and unsupported YAML, and returns whether
// there is none.
func (l *loader) isReadable(here *item) bool {
	switch here.node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		l.refuseReference(here, here.node)
		return false
	}
	if isNothing(here.node) && !here.mayBeNull() {
		what := "key"
		if strings.HasPrefix(here.path[len(here.path)-1], "[") {
			what = "element"
		}
		here.mark()
		l.report(l.position(here.key), fmt.Sprintf("%s has no value; remove the %s or give it one", join(here.path), what))
		return false
	}
	if len(here.path) > deepest {
		here.mark()
		l.report(l.position(here.key), fmt.Sprintf("it is nested more than %d levels deep", deepest))
		return false
	}
	return true
}

// mayBeNull reports whether the value is an explicit null where null is allowed.
func (i *item) mayBeNull() bool {
	return i.tag.Get("null") == "value" && i.node != nil && i.node.GetToken().Type != token.ImplicitNullType
}

// refuseReference reports an anchor, an alias or a tag, so that each value is fully visible where
// it is written.
func (l *loader) refuseReference(here *item, node ast.Node) {
	here.mark()
	if _, isTag := node.(*ast.TagNode); isTag {
		l.report(l.position(node), "YAML tags are not supported; put quotes around a text that begins with !")
		return
	}
	l.report(l.position(node), "YAML anchors and aliases are not supported; put quotes around a text that begins with & or *, and put what several rules share under templates")
}

// fillSection reads the keys of a section. It reports unknown keys, because a mistyped key would
// silently keep the default.
func (l *loader) fillSection(target value) {
	here, fields := target.self(), fieldsOf(target)
	entries, ok := entries(here.node)
	if !ok {
		l.refuse(here, "it must be a section with the keys "+enumerate(keysOf(target)))
		return
	}
	for _, entry := range entries {
		key := keyOf(entry)
		if _, isKnown := fields[key]; !isKnown && fields[otherKeys] == nil && l.isPlainKey(here, entry) {
			where, keys := "the file", keysOf(target)
			if len(here.path) > 0 {
				where = join(here.path)
			}
			here.mark()
			l.report(l.position(entry.Key), fmt.Sprintf("%q is not a key of %s; %s", key, where, suggest(key, keys, "its keys are")))
		}
	}
	for _, entry := range entries {
		key := keyOf(entry)
		if field := fields[key]; field != nil {
			at := here.below(entry.Key, entry.Value, key)
			at.tag = field.tag
			l.fill(field.value, at)
		}
	}
}

// isPlainKey returns whether a key is a plain string, and reports keys that refer to variables.
func (l *loader) isPlainKey(section *item, entry *ast.MappingValueNode) bool {
	switch key := entry.Key.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		l.refuseReference(section, key)
		return false
	}
	if key := keyOf(entry); strings.Contains(key, "${") {
		section.mark()
		l.report(l.position(entry.Key), fmt.Sprintf("%q is a key; variables are replaced only in values", key))
		return false
	}
	return true
}

// field is a value of a section, with the tag of its field.
type field struct {
	value
	tag reflect.StructTag
}

// fieldsOf returns the values of a section, keyed by their keys in the file.
func fieldsOf(section value) map[string]*field {
	of, fields := reflect.ValueOf(section).Elem(), map[string]*field{}
	for i := range of.NumField() {
		tag := of.Type().Field(i).Tag
		if key, ok := tag.Lookup("key"); ok {
			fields[key] = &field{value: of.Field(i).Addr().Interface().(value), tag: tag}
		}
	}
	return fields
}

// keysOf returns the keys that a section can have.
func keysOf(section value) []string {
	var keys []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(section).Elem()) {
		if key, ok := field.Tag.Lookup("key"); ok && key != otherKeys {
			keys = append(keys, key)
		}
	}
	return keys
}

// names is a section whose keys are names. The tag noun says of what.
type names[T any] struct {
	item
	// keys are the names in the order of the file, including invalid ones.
	keys   []string
	byName map[string]*T
}

func (n *names[T]) read(l *loader) {
	noun := n.tag.Get("noun")
	entries, ok := entries(n.node)
	if !ok {
		l.refuse(&n.item, "it must be a section with the names of "+noun+"s as its keys")
		return
	}
	items := make([]item, len(entries))
	for i, entry := range entries {
		key := keyOf(entry)
		items[i] = n.below(entry.Key, entry.Value, key)
		switch {
		case !l.isPlainKey(&items[i], entry):
		case !name.Valid(key):
			l.refuse(&items[i], "the name of a "+noun+" must consist of at most 63 lower-case letters, digits, dashes and underscores")
		}
	}
	n.byName = make(map[string]*T, len(items))
	for i, entry := range entries {
		key := keyOf(entry)
		if _, again := n.byName[key]; again {
			continue
		}
		n.keys, n.byName[key] = append(n.keys, key), new(T)
		l.fill(any(n.byName[key]).(value), items[i])
	}
}

// sorted returns the sorted names, or nil if there is no such section.
func (n *names[T]) sorted() []string {
	if !n.given() {
		return nil
	}
	return slices.Sorted(slices.Values(n.keys))
}
