package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/export"
)

// completer proposes words for an argument or a flag; done are the arguments that
// stand already.
type completer func(cmd *cobra.Command, done []string, begun string) ([]string, cobra.ShellCompDirective)

// addCompletions says what the shells propose. It stands in one place, since most
// kinds of names are asked for by several commands.
func (a *app) addCompletions(root *cobra.Command) {
	entity := firstOnly(entityWords)
	snapshot := firstOnly(a.snapshotWords)
	query := firstOnly(a.queryWords)
	for path, c := range map[string]completer{
		"search": entity, "schema": entity, "export": entity, "sync": entityWords,
		"diff": a.diffWords, "snapshot rm": snapshot, "snapshot export": snapshot,
		"execute": actionWords, "query run": query, "query show": query,
		"snapshot create": nothing, "query save": nothing, "schedule validate": nothing, "sql": nothing,
	} {
		commandAt(root, path).ValidArgsFunction = matching(c)
	}
	for flag, c := range map[string]completer{
		"fields": a.fieldWords(","), "sort": a.fieldWords(","), "facet": a.fieldWords(","), "where": a.fieldWords(""),
		"as-of": a.snapshotWords, "format": formatWords,
	} {
		everyFlag(root, flag, c)
	}
	mustComplete(commandAt(root, "export"), "query", a.queryWords)
	mustComplete(root, "output", outputWords)
}

// commandAt finds a command of ours by its words.
func commandAt(root *cobra.Command, path string) *cobra.Command {
	c, _, err := root.Find(strings.Fields(path))
	if err != nil || c == root {
		panic("there is no command " + path)
	}
	return c
}

func everyFlag(c *cobra.Command, flag string, complete completer) {
	if c.Flags().Lookup(flag) != nil {
		mustComplete(c, flag, complete)
	}
	for _, child := range c.Commands() {
		everyFlag(child, flag, complete)
	}
}

func mustComplete(c *cobra.Command, flag string, complete completer) {
	if err := c.RegisterFlagCompletionFunc(flag, matching(complete)); err != nil {
		panic(err) // twice, or no such flag: a slip of ours
	}
}

// matching leaves out what does not begin as the word does: not every shell does so.
func matching(c completer) completer {
	return func(cmd *cobra.Command, done []string, begun string) ([]string, cobra.ShellCompDirective) {
		list, directive := c(cmd, done, begun)
		return slices.DeleteFunc(list, func(word string) bool { return !strings.HasPrefix(word, begun) }), directive
	}
}

const words = cobra.ShellCompDirectiveNoFileComp

func nothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, words
}

func firstOnly(c completer) completer {
	return func(cmd *cobra.Command, done []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(done) > 0 {
			return nil, words
		}
		return c(cmd, done, begun)
	}
}

// entityWords are the entities that do not stand there yet, with what they are.
func entityWords(_ *cobra.Command, done []string, _ string) (list []string, _ cobra.ShellCompDirective) {
	for _, e := range catalog.Default().Mirrored() {
		if !slices.Contains(done, e.Name) {
			list = append(list, e.Name+"\t"+e.Doc)
		}
	}
	return list, words
}

// actionWords are an entity, with the ones that can only be sent, then its actions.
func actionWords(_ *cobra.Command, done []string, _ string) (list []string, _ cobra.ShellCompDirective) {
	switch len(done) {
	case 0:
		for _, e := range catalog.Default().Entities() {
			if len(e.Actions) > 0 {
				list = append(list, e.Name+"\t"+e.Doc)
			}
		}
	case 1:
		if e, ok := catalog.Default().Entity(done[0]); ok {
			for _, a := range e.Actions {
				list = append(list, a.Name+"\t"+a.Doc)
			}
		}
	}
	return list, words
}

// fieldWords are the fields of the entity that the command names. Where several may
// stand, parted by a separator, the last one is completed.
func (a *app) fieldWords(separator string) completer {
	return func(_ *cobra.Command, done []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(done) == 0 {
			return nil, words
		}
		e, ok := catalog.Default().Entity(done[0])
		if !ok {
			return nil, words
		}
		before, after := "", "="
		if separator != "" {
			after = ""
			before = begun[:strings.LastIndex(begun, separator)+1]
			if strings.HasPrefix(begun[len(before):], "-") {
				before += "-" // descending
			}
		}
		var list []string
		for _, f := range e.Fields {
			list = append(list, before+f.Name+after+"\t"+f.Doc)
		}
		for _, d := range e.Derived {
			list = append(list, before+d.Name+after+"\t"+d.Doc)
		}
		return list, words | cobra.ShellCompDirectiveNoSpace
	}
}

// lookupTime is what a Tab may take: a shell waits for it.
const lookupTime = time.Second

// snapshotWords are the names of the mirror's snapshots. What goes wrong is nothing
// that a shell could show.
func (a *app) snapshotWords(cmd *cobra.Command, _ []string, _ string) (list []string, _ cobra.ShellCompDirective) {
	if a.settings.load(cmd.Flags(), a.env) != nil {
		return nil, words
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), lookupTime)
	defer cancel()
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return nil, words
	}
	defer m.Close()
	snapshots, err := m.Snapshots(ctx)
	if err != nil {
		return nil, words
	}
	for _, s := range snapshots {
		list = append(list, s.Name+"\t"+s.At.Format(time.RFC3339))
	}
	return list, words
}

func (a *app) queryWords(cmd *cobra.Command, _ []string, _ string) (list []string, _ cobra.ShellCompDirective) {
	if a.settings.load(cmd.Flags(), a.env) != nil {
		return nil, words
	}
	all, _, err := a.loadQueries()
	if err != nil {
		return nil, words
	}
	for _, q := range all {
		list = append(list, q.Name+"\t"+q.Title)
	}
	return list, words
}

// diffWords are times, which only the snapshots have names for, then entities.
func (a *app) diffWords(cmd *cobra.Command, done []string, begun string) (list []string, d cobra.ShellCompDirective) {
	if len(done) < 2 {
		list, _ = a.snapshotWords(cmd, done, begun)
	}
	if len(done) > 0 {
		entities, _ := entityWords(cmd, done, begun)
		list = append(list, entities...)
	}
	return list, words
}

func formatWords(*cobra.Command, []string, string) (list []string, _ cobra.ShellCompDirective) {
	for _, f := range export.Formats {
		list = append(list, string(f))
	}
	return list, words
}

func outputWords(*cobra.Command, []string, string) (list []string, _ cobra.ShellCompDirective) {
	for _, f := range formats {
		list = append(list, string(f))
	}
	return list, words
}
