// Exports the same rows in each format and asks DuckDB whether they are the same, and
// whether they have the types that the docs promise.
import { execFileSync } from 'node:child_process'
import { DuckDBInstance } from '@duckdb/node-api'

const bin = process.argv[2]
const run = (...args) => execFileSync(bin, args, { encoding: 'utf8' })
const duck = await (await DuckDBInstance.create()).connect()
const rows = async (sql) => (await duck.runAndReadAll(sql)).getRowsJson()
const fail = (text) => { console.error(text); process.exitCode = 1 }
const name = (column) => `"${column.replaceAll('"', '""')}"`

// What a value is as text, wherever it was read from; null and the empty text are one
// in CSV, so they are one here.
const bare = (json) => `case json_type(${json}) when 'VARCHAR' then ${json} ->> '$' when 'NULL' then '' else cast(${json} as varchar) end`
const fromParquet = (column, type) => {
  const c = name(column)
  const text = {
    JSON: bare(c),
    DOUBLE: `cast(${c} as varchar)`,
    'TIMESTAMP WITH TIME ZONE': `cast(cast(epoch(${c}) as bigint) as varchar)`,
    BLOB: `lower(hex(${c}))`,
  }[type] ?? `cast(${c} as varchar)`
  return `coalesce(${text}, '')`
}
const like = (type, text) => type === 'DOUBLE' ? `coalesce(cast(cast(nullif(${text}, '') as double) as varchar), '')` : `coalesce(${text}, '')`

let compared = 0
async function compare(what, args) {
  const files = {}
  const counts = {}
  for (const format of ['parquet', 'csv', 'jsonl']) {
    files[format] = `${what}.${format}`
    counts[format] = JSON.parse(run('export', ...args, '--to', files[format], '--force')).rows
  }
  const columns = await rows(`describe select * from '${files.parquet}'`)
  const parquet = `select ${columns.map(([c, type]) => fromParquet(c, type))} from '${files.parquet}'`
  const csv = `select ${columns.map(([c, type]) => like(type, name(c)))} from read_csv('${files.csv}', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', null_padding = false)`
  const keys = columns.map(([c]) => `${name(c)}: 'JSON'`)
  const jsonl = `select ${columns.map(([c, type]) => like(type, bare(name(c))))} from read_json('${files.jsonl}', format = 'newline_delimited', columns = {${keys}})`
  for (const [other, source] of Object.entries({ csv, jsonl })) {
    const [[n, more, less]] = await rows(`select (select count(*) from (${source})),
      (select count(*) from (${parquet} except all ${source})), (select count(*) from (${source} except all ${parquet}))`)
    if (Number(n) !== counts[other] || Number(more) + Number(less) > 0) {
      fail(`${what}: ${other} has ${n} rows of ${counts[other]}; ${more} of parquet's are not in it, ${less} of its are not in parquet`)
    }
  }
  const [[n]] = await rows(`select count(*) from '${files.parquet}'`)
  if (Number(n) !== counts.parquet) fail(`${what}: ${n} rows of ${counts.parquet}`)
  compared += Number(n)
  return columns
}

const schema = JSON.parse(run('schema', '-o', 'json'))
for (const { entity, mirrored, fields } of schema.entities) {
  if (!mirrored) continue
  const columns = await compare(entity, [entity])
  const [[counted]] = await rows(`select count(*) from '${entity}.parquet'`)
  const [{ n }] = JSON.parse(run('sql', `select count(*) as n from ${entity}`, '-o', 'json'))
  if (Number(counted) !== n) fail(`${entity}: DuckDB counts ${counted}, the mirror ${n}`)
  const order = columns.map(([c]) => c).slice(0, fields.length)
  if (order.join() !== fields.map((f) => f.field).join()) fail(`${entity}: the columns are ${order}`)
}
await compare('performance', ['campaign_performance'])
await compare('statement', ['--sql', `select type, count(*) as n, avg(metric_opened is not null) as share, min(created) as first, null as absent,
  'x' || char(10) || '",' as odd, 9007199254740993 as big, 0.1 as tenth from messages group by 1`])

// Types, and that they work as such.
const types = Object.fromEntries((await rows(`describe select * from 'campaigns.parquet'`)).map(([c, t]) => [c, t]))
for (const [column, want] of Object.entries({ id: 'BIGINT', name: 'VARCHAR', active: 'BOOLEAN', updated: 'TIMESTAMP WITH TIME ZONE', actions: 'JSON' })) {
  if (types[column] !== want) fail(`${column} is ${types[column]}, want ${want}`)
}
const [[year]] = await rows(`select max(year(updated)) from 'campaigns.parquet'`)
const [{ y }] = JSON.parse(run('sql', `select strftime('%Y', max(updated), 'unixepoch') as y from campaigns`, '-o', 'json'))
if (String(year) !== y) fail(`the last update was in ${year}, the mirror says ${y}`)
const [[steps]] = await rows(`select sum(json_array_length(actions)) from 'campaigns.parquet'`)
const [{ s }] = JSON.parse(run('sql', 'select sum(json_array_length(actions)) as s from campaigns', '-o', 'json'))
if (Number(steps) !== s) fail(`${steps} steps, the mirror has ${s}`)

if (compared < 5000) fail(`only ${compared} rows were compared`)
if (!process.exitCode) console.log(`DuckDB reads ${compared} rows the same from parquet, csv and jsonl`)
