package sqlite

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// group is hostile statements of one kind.
type group struct {
	statements []string
	// refused: each is refused, with a reason. Otherwise it may also end, be empty or
	// run out of time.
	refused bool
	params  map[string]any
}

// each puts every word into every form.
func each(forms []string, words ...string) []string {
	var list []string
	for _, form := range forms {
		for _, w := range words {
			list = append(list, strings.ReplaceAll(form, "$", w))
		}
	}
	return list
}

func hostile(f *fortress) map[string]group {
	other := filepath.Join(f.dir, "other.db")
	refused := func(statements ...string) group { return group{statements: statements, refused: true} }
	free := func(statements ...string) group { return group{statements: statements} }
	return map[string]group{
		"other files": refused(slices.Concat(
			each([]string{"attach '$' as o", "attach database '$' as main2", "attach '$' as o key 'k'"}, other, f.bait, ":memory:", "", "file:"+other+"?mode=rwc", f.path),
			each([]string{"vacuum into '$'", "vacuum main into '$'"}, other, f.path, "file:"+other),
			[]string{"attach ? as o", "ATTACH\n'x' AS\tx", "attach 'x' || '.db' as x", "detach main", "detach temp", "detach o", "vacuum", "vacuum main",
				"select readfile('" + f.bait + "')", "select writefile('" + other + "', 'x')", "select edit('x')", "select edit('x', 'vi')",
				"select * from fsdir('/')", "select * from zipfile('x.zip')", "select * from csv('" + f.bait + "')", "select load_extension('" + other + "')",
				"select load_extension('x', 'y')", "SELECT LOAD_EXTENSION('x')", "select \"load_extension\"('x')", "select fts3_tokenizer('x')", "select sqlite_log(1, 'x')",
				"explain attach 'x' as x", "explain detach main"})...),
		"settings": refused(slices.Concat(
			each([]string{"pragma $ = 1", "pragma main.$(1)", "pragma $"}, "journal_mode", "writable_schema", "query_only", "temp_store_directory", "temp_store",
				"locking_mode", "synchronous", "wal_checkpoint", "wal_autocheckpoint", "auto_vacuum", "incremental_vacuum", "page_size", "schema_version", "cache_size",
				"mmap_size", "secure_delete", "trusted_schema", "case_sensitive_like", "optimize", "integrity_check", "quick_check", "foreign_key_check", "encoding",
				"hard_heap_limit", "soft_heap_limit", "max_page_count", "journal_size_limit", "legacy_alter_table", "recursive_triggers", "busy_timeout", "threads",
				"data_store_directory", "ignore_check_constraints", "shrink_memory", "analysis_limit", "reverse_unordered_selects", "cell_size_check", "database_list",
				"module_list", "collation_list", "key", "rekey", "no_such_thing"),
			each([]string{"pragma $ = 1", "pragma $(1)"}, "user_version", "application_id"),
			each([]string{"select * from pragma_$", "select * from pragma_$('x')", "with p as (select * from pragma_$) select * from p"},
				"journal_mode", "writable_schema", "database_list", "wal_checkpoint", "optimize", "incremental_vacuum", "temp_store_directory", "module_list", "integrity_check", "shrink_memory"),
			[]string{"explain pragma writable_schema = 1", "PRAGMA\tjournal_mode=DELETE", "/**/pragma/**/query_only/**/=/**/0", "pragma \"query_only\" = 0", "pragma [query_only] = 0"})...),
		"writing": refused(slices.Concat(
			each([]string{"$", "explain $", "with x as (select 1) $"}, "delete from campaigns", "update campaigns set name = 'x'", "insert into campaigns (id) values (1)",
				"replace into campaigns (id) values (1)", "delete from campaigns returning *", "update campaigns set name = 'x' returning id",
				"insert into campaigns select * from campaigns on conflict do nothing", "insert into campaigns default values"),
			each([]string{"$ x_1 (a)"}, "create table", "create temp table", "create temporary table", "create table if not exists", "create table main.t.", "create unique index"),
			each([]string{"drop table $", "drop table if exists main.$", "alter table $ rename to y", "alter table $ add column z", "alter table $ drop column name", "create index i on $ (1)", "analyze $"}, "campaigns", "runs", "_mirror"),
			[]string{"create table t as select * from campaigns", "create view v as select 1", "create temp view v as select 1", "create view if not exists temp.v as select 1",
				"create trigger t after insert on campaigns begin select 1; end", "create temp trigger t after insert on campaigns begin delete from runs; end",
				"drop index campaigns_changed", "drop view v", "drop trigger t", "reindex", "reindex campaigns", "analyze", "analyze sqlite_master",
				"insert into sqlite_master values ('table','t','t',0,'x')", "update sqlite_schema set sql = ''", "delete from sqlite_master", "update sqlite_temp_master set sql = ''",
				"delete from sqlite_sequence", "insert into sqlite_stat1 values ('a','b','c')", "insert into temp.x values (1)",
				"begin", "begin immediate", "begin exclusive", "commit", "end", "rollback", "savepoint s", "release s", "rollback to s",
				"insert into json_each values (1)", "insert into sqlite_dbpage (pgno, data) values (1, zeroblob(4096))", "update sqlite_dbpage set data = x'00' where pgno = 1"})...),
		"virtual tables": refused(
			"create virtual table t using fts5(a)", "create virtual table temp.t using fts5(a, content='campaigns')", "create virtual table t using rtree(a,b,c)",
			"create virtual table t using dbstat(main)", "create virtual table t using fts5vocab('x','row')", "create virtual table t using csv(filename='"+f.bait+"')",
			"create virtual table t using geopoly(a)", "create virtual table t using sqlite_dbpage", "insert into campaigns(campaigns) values ('rebuild')",
			"insert into campaigns(campaigns, rank) values ('merge', 500)", "insert into campaigns(campaigns) values ('delete-all')", "insert into campaigns(campaigns) values ('integrity-check')",
			"insert into campaigns(campaigns, rank) values ('automerge', 8)", "select fts5(?1)", "select fts5_locale('a','b')", "select rtreecheck('campaigns')",
			"select rtreecheck('main','campaigns')", "select rtreenode(2, x'0000')", "select rtreedepth(x'0000')", "select geopoly_json(x'00')", "select geopoly_debug(1)", "select geopoly_blob('[[0,0],[1,0],[0,1],[0,0]]')"),
		"second statements": refused(slices.Concat(
			each([]string{"select 1;$", "select 1; ;$;", "select 1 -- c\n;$", "select 1/*;*/;$", "select ';';$", "select \";\";$", "select `;`;$", "select [;];$", ";$;select 1", "select 'it''s;';$"},
				"delete from campaigns", "select 2", "pragma query_only=0"),
			[]string{"", " ", ";", ";;", "-- only a comment", "/* only a comment", "/**/;/**/", "select 1;\x00", "select 1\x00;delete from runs", "\x00", "select '\x00'"})...),
		"secrets": refused(slices.Concat(
			each([]string{"select * from $", "select count(*) from $", "select 1 from $", "select (select max(rowid) from $)", "with m as (select * from $) select * from m",
				"select * from campaigns where exists (select 1 from $)", "explain select * from $", "select * from campaigns join $"},
				"_mirror", "main._mirror", "\"_MIRROR\"", "[_mirror]", "_campaigns_stage", "_segments_stage", "sqlite_dbpage", "sqlite_dbpage('main')", "SQLITE_DBPAGE"),
			[]string{"table _mirror", "select value from _mirror where name like 'key%'", "select hex(value) from _mirror", "select quote(value) from _mirror",
				"select json_group_array(hex(value)) from _mirror", "values ((select value from _mirror limit 1))", "select * from (_mirror)", "select * from campaigns natural join _mirror",
				"select * from pragma_table_info('x') where (select value from _mirror)", "select 1 order by (select value from _mirror)", "select 1 limit (select length(value) from _mirror)"})...),
		"nonsense": refused("select", "selec 1", "select * from", "select * from nowhere", "select nothing from campaigns", "select (", "select 'open", "select \"open", "select [open", "select `open",
			"select 1 2 3", "select * from campaigns where name = ", "select count(", "with", "with x", "explain", "explain query plan", "table", "values", "values ()", "select max()", "select nosuch(1)",
			"select * from campaigns(1)", "\xff\xfe", "select \xff", "sélect 1", "select 1 from campaigns group by", "select 'a' regexp 'b'", "select 'a' match 'b'",
			"select :missing", "select ?", "select ?32767", "select $x, @y", "select ?99999"),
		"deep and long": free("\ufeff;", "select * from pragma_table_info", "reindex runs", "explain vacuum into 'x.db'",
			"select "+strings.Repeat("(", 5000)+"1"+strings.Repeat(")", 5000), "select "+strings.Repeat("-", 3001)+"\n1", "select "+strings.Repeat("- ", 5000)+"1",
			"select "+strings.Repeat("not ", 5000)+"1", "select 1"+strings.Repeat(" + 1", 50_000), "select 1"+strings.Repeat(" union all select 1", 5000), "select 1"+strings.Repeat(" and 1", 20_000),
			"select "+strings.Repeat("abs(", 2000)+"1"+strings.Repeat(")", 2000), "select "+strings.Repeat("1,", 3000)+"1", "select concat("+strings.Repeat("1,", 3000)+"1)",
			"select * from campaigns where id in ("+strings.Repeat("1,", 100_000)+"1)", "select * from campaigns where id in ("+strings.Repeat("1,", 500_000)+"1)", "select '"+strings.Repeat("x", 5<<20)+"'",
			"select * from "+strings.Repeat("campaigns, ", 70)+"campaigns", "values "+strings.Repeat("(1),", 100_000)+"(1)", "select case "+strings.Repeat("when 1=2 then 3 ", 30_000)+"end",
			"with "+strings.Repeat("a as (select 1), ", 3000)+"b as (select 2) select 1", "select json('"+strings.Repeat("[", 2000)+strings.Repeat("]", 2000)+"')",
			"select json_extract('"+strings.Repeat(`{"a":`, 900)+"1"+strings.Repeat("}", 900)+"', '$"+strings.Repeat(".a", 900)+"')",
			"select * from json_tree('"+strings.Repeat("[", 900)+strings.Repeat("]", 900)+"')", "select "+strings.Repeat("(select ", 500)+"1"+strings.Repeat(")", 500),
			"select * from "+strings.Repeat("(select * from ", 300)+"campaigns"+strings.Repeat(")", 300), "select 'a' like '"+strings.Repeat("%a", 30_000)+"'", "select 1 /* "+strings.Repeat("/*", 10_000), "select 1 -- "+strings.Repeat("x", 1<<20)),
		"values": {params: map[string]any{"n": strings.Repeat("%", 5000), "b": []byte("\x00\xff"), "nul": "a\x00b", "x y": 1}, statements: []string{
			"select :n", "select name from campaigns where name like :n", "select :nul, length(:nul), instr(:nul, 'b')", "select * from campaigns where name = :nul", "select :b", "select hex(:b)",
			"select '\xff\xfe\x80'", "select length('\xff')", "select upper('\xed\xa0\x80')", "select '\u202e'", "select name from campaigns where name = '\xc0\xaf'", "select x'00' || x'ff'",
			"select cast(x'fffe' as text)", "select json('\"\xff\"')", "select trim('\xff\xff', '\xff')", "select replace('\xff', '\xff', :nul)", "select char(0, 55296, 1114112)", "select quote(x'00')",
			"select 9223372036854775807 + 1", "select -9223372036854775808 / -1", "select abs(-9223372036854775808)", "select 1 % 0", "select 1e999, -1e999, 0.0/0", "select round(1e308, 400)",
			"select strftime('%Y', 1e18)", "select date('now', '+1e18 days')", "select printf('%.*f', 2147483647, 1.0)", "select printf('%n%s', 'x')", "select format('%999999999d', 1)", "select char(:n)",
			"select * from campaigns limit -1 offset 9223372036854775807", "select * from campaigns limit 9223372036854775807", "select likelihood(1, 0.5)", "select substr('abc', -9223372036854775808, 9223372036854775807)",
		}},
	}
}

// grown puts a value of n characters, the largest that is let through where n is a
// million, for each big(n).
func grown(statements []string) []string {
	big := regexp.MustCompile(`big\(([0-9]+)\)`)
	for i, s := range statements {
		statements[i] = big.ReplaceAllString(s, "replace(printf('%${1}d', 0), ' ', '0')")
	}
	return statements
}

// bombs take time or memory without end, or would.
var bombs = grown([]string{
	"with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
	"with recursive n(i) as (select 1 union select i + 1 from n) select count(*) from n",
	"with recursive n(i) as (select 1 union all select i + 1 from n) select sum(i) from n",
	"with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) over (order by i desc) from n",
	"with recursive n(i, s) as (select 1, 'x' union all select i + 1, s || s from n) select length(s) from n",
	"with recursive n(i, s) as (select 1, 'x' union all select i + 1, s || 'xxxxxxxx' from n) select max(length(s)) from n",
	"with recursive a(x) as (values (1) union all select x + 1 from a limit 100000000) select group_concat(printf('%01000d', random())) from a",
	"with recursive a(x) as (values (1) union all select x + 1 from a) select json_group_array(x) from a",
	"with recursive a(x) as (values (1) union all select x + 1 from a) select json_group_object(x, x) from a",
	"with recursive a(x) as (values (1) union all select x + 1 from a) select x from a order by printf('%01000d', random())",
	"with recursive a(x) as (values (1) union all select x + 1 from a) select count(distinct printf('%0500d', random())) from a",
	"with recursive a(x) as (values (1) union all select x + 1 from a) select x, count(*) from a group by printf('%0500d', random())",
	"with recursive a(x) as materialized (values (1) union all select x + 1 from a) select count(*) from a where x = -1",
	"with recursive a(x) as (values (big(1000000)) union all select big(1000000) || '' from a) select length(max(x)) from a",
	"select count(*) from campaigns a, campaigns b, campaigns c, campaigns d, campaigns e",
	"select a.name from campaigns a, campaigns b, campaigns c, campaigns d order by a.name || b.name || c.name",
	"select count(*) from campaigns a join campaigns b on a.name like '%' || b.name || '%' join campaigns c on c.name like '%' || a.name || b.name",
	"select * from campaigns a where (select count(*) from campaigns b, campaigns c, campaigns d where b.id + c.id + d.id = a.id) = -1",
	"select count(*) from campaigns a, json_each(a.tags) b, campaigns c, json_tree(c.tags) d, campaigns e, campaigns f",
	"select big(1000000)", "select zeroblob(1000000000)", "select randomblob(1000000000)", "select length(zeroblob(2147483647))", "select hex(randomblob(2000000))",
	"select replace(big(500000), '0', '0000000000')", "select replace(printf('%1000000d', 1), ' ', printf('%1000000d', 1))",
	"select printf('%1000000000d', 1)", "select format('%.1000000000f', 1.0)", "select printf('%*d', 2000000000, 1)", "select length(printf('%4000000d', 1))",
	"select group_concat(a.name || b.name || c.name) from campaigns a, campaigns b, campaigns c",
	"select string_agg(big(2000), ',') from campaigns a, campaigns b",
	"select json_group_array(json_group) from (select json_group_array(a.name) as json_group from campaigns a, campaigns b group by b.id), campaigns",
	"select sum(length(big(1000000))) from campaigns a, campaigns b",
	"select count(*) from campaigns where big(1000000) like '%1%1%1%1%1%1%1%1%'",
	"select big(1000000) like '%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%01'",
	"select big(1000000) like '%000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001'",
	"select big(1000000) glob '*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*01'",
	"select big(1000000) glob '*[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]a'",
	"select instr(big(1000000), big(500000) || '1')", "select instr(cast(big(1000000) as blob), big(500000) || '1')",
	"select replace(big(1000000), big(500000) || '1', '')", "select length(trim(big(1000000), big(950000)))",
	"select length(trim(big(1000000), replace(big(250000), '0', 'é') || '0'))", "select length(ltrim(big(1000000), replace(big(250000), '0', 'é') || '0'))",
	"select length(rtrim(big(1000000), replace(big(250000), '0', 'é') || '0'))", "select unhex(replace(big(500000), '0', '-'), replace(big(500000), '0', '+') || '-')",
	"select json_valid('[' || replace(big(450000), '0', '1,') || '1]')", "select count(*) from json_each('[' || replace(big(450000), '0', '1,') || '1]') a, json_each('[1,2,3]') b",
	"select count(*) from json_tree('[' || replace(big(450000), '0', '1,') || '1]') a, json_tree(a.value) b, campaigns c, campaigns d",
	"select json_set('{}', '$.a', big(950000), '$.b', big(950000), '$.c', big(950000))",
	"select json_array(" + strings.Repeat("big(500000),", 90) + "1)", "select concat(" + strings.Repeat("big(1000000),", 90) + "1)",
	"select concat_ws(big(500000), 1, 2, 3, 4, 5, 6, 7, 8)", "select upper(lower(upper(lower(big(1000000)))))", "select soundex(big(1000000))",
	"select strftime('" + strings.Repeat("%Y-%m-%d %H:%M:%f ", 20_000) + "', 0)", "select quote(zeroblob(2000000))", "select unistr_quote(big(1000000))",
	"select " + strings.Repeat("big(1000000),", 240) + "1", "select max(" + strings.Repeat("big(1000000),", 90) + "'')",
	"select id from campaigns order by " + strings.Repeat("big(50000) || id,", 50) + "id", "select coalesce(" + strings.Repeat("nullif(big(1000000), big(1000000)),", 90) + "1)",
	// A hundred thousand words in a megabyte: each at its end, and none there.
	"select text_fuzzy(big(900000) || '1', replace(big(250000), '00', '01 '))",
	"select text_keyword(replace(big(250000), '00', '01 '), replace(big(250000), '00', '10 '))",
	"with x as materialized (select big(1000000) as v) select " + strings.Repeat("v || '',", 240) + "1 from x",
	"select row_number() over (order by a.name || b.name), lag(a.name, 1000) over (partition by b.name order by c.name) from campaigns a, campaigns b, campaigns c",
	"select total(a.id) over (order by a.id, b.id rows between unbounded preceding and unbounded following exclude ties) from campaigns a, campaigns b",
	"select nth_value(a.name, 100) over (order by a.id range between 1 preceding and 1 following exclude current row) from campaigns a, campaigns b",
	"select percent_rank() over (order by printf('%0100d', random())) from campaigns a, campaigns b, campaigns c",
	"select count(*) from campaigns where " + strings.Repeat("name like '%a%b%c%' or ", 150) + "0", "select * from pragma_function_list a, pragma_function_list b, pragma_function_list c where a.name = 'x'",
	"select count(*) from dbstat a, dbstat b, dbstat c", "select count(*) from sqlite_master a, sqlite_master b, sqlite_master c, sqlite_master d, sqlite_master e",
	fmt.Sprintf("select sum(%s) from campaigns a, campaigns b", strings.Repeat("sin(cos(a.id * b.id)) + ", 90)+"0"),
})
