package cio

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// EscapeID makes an id one segment of a path. Everything but letters, digits, "-",
// "_", "." and "~" is percent-encoded: the API answers an unencoded + or @ with an
// empty result instead of an error. An id that would climb in the path is refused.
func EscapeID(id string) (string, error) {
	climbs := func(part string) bool { return part == "." || part == ".." }
	if id == "" || slices.ContainsFunc(strings.Split(id, "/"), climbs) {
		return "", fmt.Errorf("id %q cannot stand in a path", id)
	}
	return strings.ReplaceAll(url.QueryEscape(id), "+", "%20"), nil
}

// expand puts the parent's id into the one pair of braces of a path, and refuses
// what would leave braces or drop the id.
func expand(path, param, id string) (string, error) {
	if param == "" {
		if strings.ContainsAny(path, "{}") {
			return "", fmt.Errorf("path %s needs a parent", path)
		}
		if id != "" {
			return "", fmt.Errorf("path %s takes no parent", path)
		}
		return path, nil
	}
	segment, err := EscapeID(id)
	if err != nil {
		return "", fmt.Errorf("%s: %w", param, err)
	}
	full := strings.Replace(path, "{"+param+"}", segment, 1)
	if full == path || strings.ContainsAny(full, "{}") {
		return "", fmt.Errorf("path %s does not fit the parameter %s", path, param)
	}
	return full, nil
}

// checkPath refuses what is no path of the API: it could be another host.
func checkPath(path string) error {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || !strings.HasPrefix(path, "/v1/") {
		return fmt.Errorf("path %q: it must begin with /v1/ and hold no query", shown(path))
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return fmt.Errorf("path %q climbs", shown(path))
		}
	}
	return nil
}

// shown is a path as errors and logs may show it: people are identified by e-mail
// address, number or an id of the customer's choice, and none of them is ours to
// write down.
func shown(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		person := i > 0 && segments[i-1] == "customers" && s != ""
		if person || strings.Contains(s, "@") || strings.Contains(s, "%40") || strings.HasPrefix(s, "%2B") || strings.HasPrefix(s, "+") {
			segments[i] = "{person}"
		}
	}
	return strings.Join(segments, "/")
}
