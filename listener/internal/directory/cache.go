package directory

import (
	"container/list"
	"time"
)

// cache remembers texts by their keys: so many, and each for so long. When it is full it forgets
// what was not used for the longest. An answer that has aged is still there, for when there is no
// newer one.
type cache struct {
	most    int
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

func newCache(most int, age time.Duration) *cache {
	return &cache{most: most, age: age, entries: make(map[string]*list.Element), used: list.New()}
}

// get returns the texts of a key, and whether they are fresh.
func (c *cache) get(key string, now time.Time) (texts []string, fresh bool) {
	element, ok := c.entries[key]
	if !ok {
		return nil, false
	}
	c.used.MoveToFront(element)
	found, _ := element.Value.(*entry)
	return found.texts, now.Sub(found.readAt) < c.age
}

// put remembers the texts of a key; none says that there is nothing.
func (c *cache) put(key string, texts []string, now time.Time) {
	if element, ok := c.entries[key]; ok {
		c.used.Remove(element)
	}
	c.entries[key] = c.used.PushFront(&entry{key, texts, now})
	if c.used.Len() > c.most {
		last := c.used.Back()
		forgotten, _ := c.used.Remove(last).(*entry)
		delete(c.entries, forgotten.key)
	}
}
