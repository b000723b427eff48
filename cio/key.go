package cio

import (
	"fmt"
	"strings"

	"ciomirror/catalog"
)

// secret hands out a key. It is a function so that no dump of a struct that holds
// it, by fmt, slog or reflection, can print the text.
type secret func() string

// checkKey refuses what cannot be an App API key, with an error that matches
// catalog.ErrUnauthorized. No error repeats the key.
func checkKey(key string) error {
	refuse := func(why string) error { return fmt.Errorf("%w: %s", catalog.ErrUnauthorized, why) }
	const makeOne = "; make an App API key in Customer.io under Settings, Account Settings, API Credentials, App API Keys"
	switch {
	case key == "":
		return refuse("the App API key is empty" + makeOne)
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return refuse("the App API key holds white space, a line break or a character that no key has; copy it again without what stands around it")
	case strings.Contains(key, ":"):
		return refuse("that is a Track API key (site id and key, joined by a colon); an App API key is needed" + makeOne)
	}
	return nil
}

// hide takes the key out of a text that came from outside: a proxy may repeat the
// headers it got in its error page.
func (c *Client) hide(text string) string {
	if key := c.key(); strings.Contains(text, key) {
		return strings.ReplaceAll(text, key, "[key]")
	}
	return text
}
