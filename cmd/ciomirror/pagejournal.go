package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/server/page"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// State implements page.Journal.
func (m *pageMirror) State(ctx context.Context) (st page.State, err error) {
	s, done, err := m.open(ctx)
	if err != nil {
		return st, asked(ctx, err)
	}
	defer done()
	status, err := s.Status(ctx)
	if err != nil {
		return st, asked(ctx, err)
	}
	st = page.State{Profile: m.a.settings.Profile, Bytes: status.Bytes, Drift: len(status.Drift)}
	for _, e := range status.Entities {
		t := page.TableState{Entity: e.Entity, Rows: e.Rows, Last: e.Last}
		if e.Synced != nil {
			t.Synced = *e.Synced
		}
		if e.Error != nil {
			t.Error = *e.Error
		}
		st.Tables = append(st.Tables, t)
	}
	snapshots, err := s.Snapshots(ctx)
	if err != nil {
		return st, asked(ctx, err)
	}
	for _, sn := range snapshots {
		st.Snapshots = append(st.Snapshots, page.Snapshot{Name: sn.Name, At: sn.At})
	}
	jobs, err := m.a.scheduleStatus(ctx, s)
	if err != nil {
		return st, asked(ctx, err)
	}
	st.Scheduler = jobs.Running
	if n := jobs.Next; n != nil {
		st.Next = &page.NextJob{Job: n.Job, Kind: n.Kind, At: n.At}
	}
	return st, asked(ctx, firstReadings(ctx, s, &st))
}

// firstReadings notes when the first run ended that read an entity completely: what is
// seen before is no change. A mirror that no run read completely begins with its first
// run.
func firstReadings(ctx context.Context, s *sqlite.Store, st *page.State) error {
	for i, t := range st.Tables {
		row, err := oneOf(s.Rows(ctx, sq.Expr(`select r.finished from run_entities e join runs r on r.id = e.run
			where e.entity = ? and e.status = ? and r.finished is not null order by e.run limit 1`, t.Entity, store.Complete)))
		if err != nil {
			return err
		}
		if row == nil {
			continue
		}
		first := millis(row[0])
		if st.Tables[i].First = first; st.First.IsZero() || first.Before(st.First) {
			st.First = first
		}
	}
	if !st.First.IsZero() {
		return nil
	}
	row, err := oneOf(s.Rows(ctx, sq.Expr("select min(finished) from runs")))
	if err != nil {
		return err
	}
	st.First = millis(row[0])
	return nil
}

// millis is a cell of Unix milliseconds as a time; zero for null.
func millis(cell any) time.Time {
	if n, ok := cell.(int64); ok {
		return time.UnixMilli(n).UTC()
	}
	return time.Time{}
}

// runColumns tell of a run. What a run under way has asked stands with its entities
// alone, and one whose lease ran out was interrupted.
const runColumns = `id, mode, case when status = 'running' and lease <= ? then 'interrupted' else status end, started, finished,
	requests + case when status = 'running' then coalesce((select sum(e.requests) from run_entities e where e.run = runs.id), 0) else 0 end,
	coalesce(error, '') from runs`

// Runs implements page.Journal.
func (m *pageMirror) Runs(ctx context.Context, since time.Time, limit int) ([]page.Run, error) {
	s, done, err := m.open(ctx)
	if err != nil {
		return nil, asked(ctx, err)
	}
	defer done()
	return m.readRuns(ctx, s, sq.Expr("select "+runColumns+" where started >= ? order by id desc limit ?", m.a.now().UnixMilli(), since.UnixMilli(), limit))
}

// Run implements page.Journal.
func (m *pageMirror) Run(ctx context.Context, id int64) (page.Run, error) {
	s, done, err := m.open(ctx)
	if err != nil {
		return page.Run{}, asked(ctx, err)
	}
	defer done()
	runs, err := m.readRuns(ctx, s, sq.Expr("select "+runColumns+" where id = ?", m.a.now().UnixMilli(), id))
	if err == nil && len(runs) == 0 {
		err = &page.Problem{Status: http.StatusNotFound, Message: fmt.Sprintf("there is no run %d", id), Hint: "the runs are listed under Runs"}
	}
	if err != nil {
		return page.Run{}, err
	}
	return runs[0], nil
}

// readRuns reads runs and how their entities fared, as of one instant.
func (m *pageMirror) readRuns(ctx context.Context, s *sqlite.Store, q sq.Sqlizer) (runs []page.Run, err error) {
	err = s.Snapshot(ctx, func(rows store.Rows) error {
		place := map[int64]int{}
		for c, err := range rows(ctx, q) {
			if err != nil {
				return err
			}
			r := page.Run{Started: millis(c[3]), Finished: millis(c[4])}
			r.ID, _ = c[0].(int64)
			r.Mode, _ = c[1].(string)
			r.Status, _ = c[2].(string)
			r.Requests, _ = c[5].(int64)
			r.Error, _ = c[6].(string)
			place[r.ID] = len(runs)
			runs = append(runs, r)
		}
		if len(runs) == 0 {
			return nil
		}
		entities := sq.Expr(`select run, entity, status, requests, rows, new, changed, same, gone, waited, seconds, coalesce(error, ''), coalesce(warning, '')
			from run_entities where run between ? and ? order by run, rowid`, runs[len(runs)-1].ID, runs[0].ID)
		for c, err := range rows(ctx, entities) {
			if err != nil {
				return err
			}
			id, _ := c[0].(int64)
			if i, ok := place[id]; ok {
				runs[i].Entities = append(runs[i].Entities, entityRunOf(c))
			}
		}
		return nil
	})
	return runs, asked(ctx, err)
}

func entityRunOf(c []any) (e page.EntityRun) {
	e.Entity, _ = c[1].(string)
	e.Status, _ = c[2].(string)
	for i, into := range []*int64{&e.Requests, &e.Rows, &e.New, &e.Changed, &e.Same, &e.Gone} {
		*into, _ = c[3+i].(int64)
	}
	waited, _ := c[9].(int64)
	seconds, _ := c[10].(float64)
	e.Waited, e.Took = time.Duration(waited)*time.Millisecond, time.Duration(seconds*float64(time.Second))
	e.Error, _ = c[11].(string)
	e.Warning, _ = c[12].(string)
	return e
}

// mostActions is how many of the last actions are looked at: they have no index by time.
const mostActions = 10_000

// Writes implements page.Journal.
func (m *pageMirror) Writes(ctx context.Context, since time.Time) (all []page.Write, err error) {
	s, done, err := m.open(ctx)
	if err != nil {
		return nil, asked(ctx, err)
	}
	defer done()
	for c, err := range s.Rows(ctx, sq.Expr(`select entity, action, sum(outcome = ?), sum(outcome = ?)
		from (select entity, action, outcome, at from actions order by id desc limit ?)
		where at >= ? and outcome in (?, ?) group by entity, action order by entity, action`,
		store.Done, store.Unknown, mostActions, since.UnixMilli(), store.Done, store.Unknown)) {
		if err != nil {
			return nil, asked(ctx, err)
		}
		var w page.Write
		w.Entity, _ = c[0].(string)
		w.Action, _ = c[1].(string)
		w.Done, _ = c[2].(int64)
		w.Unknown, _ = c[3].(int64)
		all = append(all, w)
	}
	return all, nil
}

// Instant implements page.Journal.
func (m *pageMirror) Instant(ctx context.Context, text string) (time.Time, error) {
	s, done, err := m.open(ctx)
	if err != nil {
		return time.Time{}, asked(ctx, err)
	}
	defer done()
	return m.instant(ctx, s, text)
}
