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

// deepest is how many sections and lists may be nested.
const deepest = 100

// item is where a value of a document comes from. Every value has one.
type item struct {
	// key names the value: a key, or the element of a list itself. It is nil if the file does not
	// have the value.
	key, node ast.Node
	path      []string
	// tag is that of the field that the value is for.
	tag reflect.StructTag
	// parent is what the value is a part of; nil for the file.
	parent *item
	// mistaken says that a problem with the value itself has been reported; a section with a key
	// that it cannot have is mistaken, for what seems to be missing may be what was mistyped.
	// incomplete says that there is a problem with it, or with anything in it.
	mistaken, incomplete bool
}

func (i *item) self() *item { return i }

// given reports whether the file has the value.
func (i *item) given() bool { return i.key != nil }

// below returns the item of a value within this one.
func (i *item) below(key, node ast.Node, step string) item {
	return item{key: key, node: node, path: append(slices.Clone(i.path), step), tag: i.tag, parent: i}
}

// itself returns the item of a value that is all of this one.
func (i *item) itself() item {
	same := *i
	same.parent = i
	return same
}

// mark notes that a problem with the value is reported.
func (i *item) mark() {
	i.mistaken = true
	for ; i != nil; i = i.parent {
		i.incomplete = true
	}
}

// value is a part of a document: a section, which is a struct whose fields have the tag key, or
// what reads itself.
type value interface{ self() *item }

// reader is a value that takes what it needs from its node.
type reader interface{ read(l *loader) }

// ignored is a part of the file that is not read, and may have any mistake.
type ignored struct{ item }

// otherKeys is the tag of a field for every key that no other field has.
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

// isReadable reports what cannot be read as any value, and whether there is nothing of that kind.
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
		l.report(l.place(here.key), fmt.Sprintf("%s has no value; remove the %s or give it one", join(here.path), what))
		return false
	}
	if len(here.path) > deepest {
		here.mark()
		l.report(l.place(here.key), fmt.Sprintf("it is nested more than %d levels deep", deepest))
		return false
	}
	return true
}

// mayBeNull reports whether the value is null where that is a value, and written out.
func (i *item) mayBeNull() bool {
	return i.tag.Get("null") == "value" && i.node != nil && i.node.GetToken().Type != token.ImplicitNullType
}

// refuseReference reports an anchor, an alias or a tag: what stands in a line is then all that
// there is to it.
func (l *loader) refuseReference(here *item, node ast.Node) {
	here.mark()
	if _, isTag := node.(*ast.TagNode); isTag {
		l.report(l.place(node), "YAML tags are not supported; put quotes around a text that begins with !")
		return
	}
	l.report(l.place(node), "YAML anchors and aliases are not supported; put quotes around a text that begins with & or *, and put what several rules share under templates")
}

// fillSection reads the keys of a section. A mistyped one would silently leave a default in place.
func (l *loader) fillSection(target value) {
	here, fields := target.self(), fieldsOf(target)
	entries, ok := entries(here.node)
	if !ok {
		l.refuse(here, "it must be a section with the keys "+enumerate(keysOf(target)))
		return
	}
	for _, entry := range entries {
		key := keyOf(entry)
		if _, known := fields[key]; !known && fields[otherKeys] == nil && l.isPlainKey(here, entry) {
			where, keys := "the file", keysOf(target)
			if len(here.path) > 0 {
				where = join(here.path)
			}
			here.mark()
			l.report(l.place(entry.Key), fmt.Sprintf("%q is not a key of %s; %s", key, where, suggest(key, keys, "its keys are")))
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

// isPlainKey reports a key that looks as if a variable were to become a part of it, or that is no
// text, and whether it is neither.
func (l *loader) isPlainKey(section *item, entry *ast.MappingValueNode) bool {
	switch key := entry.Key.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		l.refuseReference(section, key)
		return false
	}
	if key := keyOf(entry); strings.Contains(key, "${") {
		section.mark()
		l.report(l.place(entry.Key), fmt.Sprintf("%q is a key; variables are replaced only in values", key))
		return false
	}
	return true
}

// field is a value of a section, with the tag of the field that it is.
type field struct {
	value
	tag reflect.StructTag
}

// fieldsOf returns the values of a section by their keys.
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

// names is a section whose keys are names, of what its tag noun says.
type names[T any] struct {
	item
	// keys are the names in the order of the file, those that cannot be names as well.
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

// sorted returns the names, nil if there is no such section.
func (n *names[T]) sorted() []string {
	if !n.given() {
		return nil
	}
	return slices.Sorted(slices.Values(n.keys))
}
