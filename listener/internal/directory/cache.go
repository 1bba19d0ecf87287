package directory

import (
	"container/list"
	"time"
)

// cache is an LRU cache of results. Expired results remain available in case there are no newer
// ones.
type cache struct {
	limit   int
	age     time.Duration
	entries map[string]*list.Element
	// used has the entries in the order of their last use.
	used *list.List
}

type entry struct {
	key    string
	texts  []string
	readAt time.Time
}

func newCache(limit int, age time.Duration) *cache {
	return &cache{limit: limit, age: age, entries: make(map[string]*list.Element), used: list.New()}
}

// get returns the texts for a key, and whether they are fresh.
func (c *cache) get(key string, now time.Time) (texts []string, fresh bool) {
	element, ok := c.entries[key]
	if !ok {
		return nil, false
	}
	c.used.MoveToFront(element)
	cached, _ := element.Value.(*entry)
	return cached.texts, now.Sub(cached.readAt) < c.age
}

// put stores the texts for a key; an empty list means that there is nothing.
func (c *cache) put(key string, texts []string, now time.Time) {
	if element, ok := c.entries[key]; ok {
		c.used.Remove(element)
	}
	c.entries[key] = c.used.PushFront(&entry{key, texts, now})
	if c.used.Len() > c.limit {
		last := c.used.Back()
		forgotten, _ := c.used.Remove(last).(*entry)
		delete(c.entries, forgotten.key)
	}
}
