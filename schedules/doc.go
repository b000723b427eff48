// Package schedules reads cron expressions and says when they fire.
//
// The expressions are those of robfig/cron: five fields, or a descriptor such as
// @daily or @every 6h, with an optional CRON_TZ=Zone in front. Expressions with
// which that library panics, never fires or fires every second are refused here,
// with advice. The zones of the world are built in, so that a bare machine knows
// Europe/Berlin.
//
// The package knows no jobs and starts nothing.
package schedules
