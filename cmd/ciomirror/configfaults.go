package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"ciomirror/schedules"
)

// profileFaults are names of profiles that no --profile could say, and a profile to use
// that is none of those that the file has.
func (c *configFile) profileFaults() []fault {
	var all []fault
	add := func(where []string, code, message, hint string) {
		all = append(all, fault{path: where, line: c.line(where), code: code, message: message, hint: hint})
	}
	has := c.profiles()
	for _, name := range has {
		if !plainProfile(name) {
			add([]string{"profiles", name}, "invalid_value", fmt.Sprintf("profile %q is no plain name", name), "for example: production")
		}
	}
	switch use, _ := c.value["profile"].(string); {
	case use == "":
	case !plainProfile(use):
		add([]string{"profile"}, "invalid_value", "profile is no plain name", "for example: profile: production")
	case len(has) > 0 && use != "default" && !slices.Contains(has, use):
		add([]string{"profile"}, "invalid_value", "profile names none of the profiles", "the file has: "+strings.Join(has, ", "))
	}
	return all
}

// plainProfile reports whether a name can be that of a profile: it is the name of a file
// as well.
func plainProfile(name string) bool {
	return name != "" && !strings.ContainsAny(name, `/\`) && !strings.HasPrefix(name, ".")
}

// notes are what a good file may not mean. They name settings and not their values.
func (c *configFile) notes(profile string) []string {
	var notes []string
	if use, _ := c.value["profile"].(string); use != "" && use != "default" && len(c.profiles()) == 0 {
		notes = append(notes, "profile names a file of its own, and there are no settings for it: the file has no profiles")
	}
	for _, where := range [][]string{{"db"}, {"profiles", profile, "db"}} {
		if db, _ := valueAt(plainValue(c.value), where).(string); db != "" && !filepath.IsAbs(db) {
			notes = append(notes, spoken(where)+" is a relative path: which file that is depends on the folder in which ciomirror is started")
		}
	}
	return notes
}

// jobFaults are what the schema cannot see in a job: an expression that would not do what
// it seems to say, files that cannot be counted by their days, and two jobs that write one.
func (c *configFile) jobFaults() []fault {
	var all []fault
	at := [][]string{{"schedules"}}
	for _, p := range c.profiles() {
		at = append(at, []string{"profiles", p, "schedules"})
	}
	value := plainValue(c.value)
	for _, path := range at {
		jobs, _ := valueAt(value, path).(map[string]any)
		all = append(all, c.targetFaults(jobs, path)...)
		for name := range jobs {
			all = append(all, c.cronFault(value, append(slices.Clone(path), name, "cron"))...)
			all = append(all, c.keepFault(value, append(slices.Clone(path), name))...)
		}
	}
	return all
}

func (c *configFile) cronFault(value any, where []string) []fault {
	expr, ok := valueAt(value, where).(string)
	if !ok {
		return nil // the schema says so
	}
	_, err := schedules.Parse(expr)
	wrong, ok := errors.AsType[*schedules.Error](err)
	if !ok {
		return nil
	}
	return []fault{{path: where, line: c.line(where), code: "invalid_schedule",
		message: fmt.Sprintf("%s: %s", spoken(where), wrong.Msg), hint: wrong.Hint}}
}

func (c *configFile) keepFault(value any, job []string) []fault {
	to, ok := valueAt(value, append(slices.Clone(job), "to")).(string)
	if !ok || valueAt(value, append(slices.Clone(job), "keep")) == nil || namesDays(to) {
		return nil
	}
	where := append(slices.Clone(job), "keep")
	return []fault{{path: where, line: c.line(where), code: "invalid_value",
		message: spoken(where) + " counts files by their day, which is not in the name of the file in to", hint: `for example: to: "/srv/backup/{name}-{date}.db"`}}
}

// targetFaults are jobs that would write over each other's files.
func (c *configFile) targetFaults(jobs map[string]any, path []string) []fault {
	var all []fault
	writes := map[string]string{} // jobs by what they write
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		to, ok := valueAt(jobs, []string{name, "to"}).(string)
		if !ok {
			continue
		}
		file := filepath.Clean(strings.ReplaceAll(to, "{name}", name))
		other, taken := writes[file]
		writes[file] = name
		if taken {
			where := append(slices.Clone(path), name, "to")
			all = append(all, fault{path: where, line: c.line(where), code: "invalid_value",
				message: fmt.Sprintf("%s is the file of %s too, and one would replace the other's", spoken(where), other), hint: "put {name} into the file's name, for example: to: /srv/{name}-{date}.db"})
		}
	}
	return all
}
