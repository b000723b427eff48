package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// backupJob copies the whole mirror to a file, in place of one of the same name, and
// removes those of older days that it is not to keep.
func (a *app) backupJob(ctx context.Context, _ <-chan struct{}, j jobConfig, due time.Time) (string, error) {
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return "", err
	}
	defer m.Close()
	path := filepath.Clean(j.target(due))
	bytes, err := m.Backup(ctx, path, true)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w; make the folder first: mkdir -p %s", err, filepath.Dir(path))
	}
	if err != nil {
		return "", err
	}
	message := fmt.Sprintf("the mirror to %s, %s, integrity ok", path, megabytes(bytes))
	removed, err := j.removeOlder(path, a.settings.DB)
	if err != nil {
		return "", fmt.Errorf("%s; an older one cannot be removed: %w", message, err)
	}
	if removed > 0 {
		message += fmt.Sprintf("; removed %d of older days", removed)
	}
	return message, nil
}

// removeOlder leaves the newest Keep files of a backup job by the day in their names,
// and in any case the one just written and the mirror itself. What has another name, or
// is no file, is not of the job.
func (j jobConfig) removeOlder(written, mirror string) (removed int, err error) {
	if j.Keep == 0 {
		return 0, nil
	}
	before, after := j.besidesDay()
	folder, name := filepath.Split(before)
	entries, err := os.ReadDir(filepath.Clean(folder + "."))
	if err != nil {
		return 0, err
	}
	var days []string
	for _, e := range entries {
		day, ok := strings.CutPrefix(e.Name(), name)
		day, ends := strings.CutSuffix(day, after)
		if _, err := time.Parse(time.DateOnly, day); err == nil && ok && ends && e.Type().IsRegular() {
			days = append(days, day)
		}
	}
	slices.Sort(days) // a day in this form sorts as the days do
	own, _ := os.Stat(mirror)
	for _, day := range days[:max(0, len(days)-j.Keep)] {
		path := before + day + after
		if there, err := os.Stat(path); path == written || err == nil && os.SameFile(there, own) {
			continue
		}
		if err := os.Remove(path); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// besidesDay is what stands before and behind the day in the path of a backup. The day
// is in the name of the file, once: config check has seen to it.
func (j jobConfig) besidesDay() (before, after string) {
	before, after, _ = strings.Cut(filepath.Clean(strings.ReplaceAll(j.To, "{name}", j.Name)), "{date}")
	return before, after
}

// namesDays reports whether the files of a path differ by their day, so that they can
// be counted by it: {date} stands in it once, and in the file's name.
func namesDays(to string) bool {
	return strings.Count(to, "{date}") == 1 && strings.Contains(filepath.Base(to), "{date}")
}
