// Package schedules reads cron expressions, says when they fire, and runs jobs then.
//
// The expressions are those of robfig/cron: five fields, or a descriptor such as
// @daily or @every 6h, with an optional CRON_TZ=Zone in front. Expressions with
// which that library panics, never fires or fires every second are refused here,
// with advice. The zones of the world are built in, so that a bare machine knows
// Europe/Berlin.
//
// A Loop answers the firings of its jobs, one after the other, and a Journal
// remembers them across restarts. The package knows no mirror: what a job does is a
// function that it is given.
package schedules
