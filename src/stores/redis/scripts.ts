import { hash } from 'node:crypto'
import { graceMs } from './grace.ts'

/** A script that the server runs as one step. The server knows it by the hash of its source. */
export interface Script {
  readonly source: string
  readonly sha: string
}

/** How many writers a record remembers. There is more than one only where several processes change one session. */
const mostMarks = 8

/**
 * A record is text: a line with its version, its two times and the marks of its last writers, a line with its device,
 * and the rest, which no script reads. Scripts only copy the numbers of a record as text, because Lua would round them.
 */
const aboutRecords = `
local now = tonumber(ARGV[1])

local function read()
  local text = redis.call('GET', KEYS[1])
  if not text then return nil end
  local version, touched, ends, marks, device, rest = string.match(text, '^(%d+) (%S+) (%S+)([^\\n]*)\\n([^\\n]*)()')
  if not rest then error('this is not a record of Sojourn') end
  if tonumber(ends) <= now then return nil end
  return { text = text, version = version, touched = touched, ends = ends, marks = marks, device = device, rest = string.sub(text, rest) }
end
${keeping()}
local function has(marks, mark)
  return string.find(marks .. ' ', ' ' .. mark .. ' ', 1, true) ~= nil
end

local function with(marks, mark)
  local writer = string.match(mark, '^[^.]*.')
  local kept = { '', mark }
  for other in string.gmatch(marks, '%S+') do
    if #kept <= ${mostMarks} and string.sub(other, 1, #writer) ~= writer then kept[#kept + 1] = other end
  end
  return table.concat(kept, ' ')
end
`

/**
 * Arguments: now, the mark of this write, the end, the first line without marks, the rest of the record. Answers 1, or 0
 * when the key is taken.
 */
export const createScript: Script = script(`${aboutRecords}
local found = read()
if found then return has(found.marks, ARGV[2]) and 1 or 0 end
if tonumber(ARGV[3]) > now then keep(ARGV[4] .. ' ' .. ARGV[2] .. ARGV[5], ARGV[3]) end
return 1
`)

/**
 * Arguments: those of `createScript`, and the text expected under the second key. Answers 1 when the record has taken
 * its place, 0 when the first key is taken or the second holds another text.
 */
export const takeOverScript: Script = script(`${aboutRecords}
local found = read()
if found then return has(found.marks, ARGV[2]) and 1 or 0 end
if redis.call('GET', KEYS[2]) ~= ARGV[6] then return 0 end
if tonumber(ARGV[3]) > now then keep(ARGV[4] .. ' ' .. ARGV[2] .. ARGV[5], ARGV[3]) end
redis.call('DEL', KEYS[2])
return 1
`)

/** Argument: the text expected under the key. Answers 1 when the script removed it, 0 when there is none or another. */
export const removeScript: Script = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`)

/** Arguments: now, the token and the end of a lease. Answers 1, or 0 where another token has the name. */
export const acquireScript: Script = script(`${keeping()}
local token, ends = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+)$')
if token and token ~= ARGV[2] and tonumber(ends) > tonumber(ARGV[1]) then return 0 end
keep(ARGV[2] .. ' ' .. ARGV[3], ARGV[3])
return 1
`)

/** Argument: the token of a lease. Removes the lease if this token has it. */
export const releaseScript: Script = script(`
local token = string.match(redis.call('GET', KEYS[1]) or '', '^%S+')
if token == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`)

/**
 * Arguments: those of `createScript`, and the expected version. Answers 1 when the record was replaced, also when a driver
 * repeats the command because it lost the connection before the first answer; 0 when there is no record; or the record
 * with another version.
 */
export const replaceScript: Script = script(`${aboutRecords}
local found = read()
if not found then return 0 end
if has(found.marks, ARGV[2]) then return 1 end
if found.version ~= ARGV[6] then return found.text end
local ends, head, tail = ARGV[3], ARGV[4], ARGV[5]
local version, touched = string.match(head, '^(%d+) (%S+)')
if tonumber(found.touched) > tonumber(touched) then
  if tonumber(found.ends) > tonumber(ends) then ends = found.ends end
  head = version .. ' ' .. found.touched .. ' ' .. ends
  if found.device ~= '' then tail = '\\n' .. found.device .. string.match(tail, '^\\n[^\\n]*(.*)$') end
end
if tonumber(ends) > now then
  keep(head .. with(found.marks, ARGV[2]) .. tail, ends)
else
  redis.call('DEL', KEYS[1])
end
return 1
`)

/** Arguments: now, the last activity, the end, the line of the device or nothing. Answers 1, or 0 when there is no record. */
export const touchScript: Script = script(`${aboutRecords}
local found = read()
if not found then return 0 end
local touched, ends, device = found.touched, found.ends, found.device
if ARGV[4] ~= '' and tonumber(ARGV[2]) >= tonumber(touched) then device = ARGV[4] end
if tonumber(ARGV[2]) > tonumber(touched) then touched = ARGV[2] end
if tonumber(ARGV[3]) > tonumber(ends) then ends = ARGV[3] end
keep(found.version .. ' ' .. touched .. ' ' .. ends .. found.marks .. '\\n' .. device .. found.rest, ends)
return 1
`)

/** Arguments: now, the end of a session, its key. The list expires with the last of its sessions. */
export const indexScript: Script = script(`
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[1]) - ${graceMs})
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
if last == 'inf' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.ceil(tonumber(last)) + ${graceMs}))
end
return 1
`)

/**
 * Arguments: now, the epoch, its end, and the key of the session that it spares or nothing. In the text that it keeps,
 * the epoch that the spared session needs comes last; version 0.1.0 neither writes nor reads it.
 */
export const raiseScript: Script = script(`${keeping()}
local function higher(one, other) return tonumber(one) > tonumber(other) and one or other end

local epoch, ends, except, from = ARGV[2], ARGV[3], ARGV[4], '0'
local text = redis.call('GET', KEYS[1])
local standing, lasts, spared, since = string.match(text or '', '^(%S+) (%S+) (%S*) ?(%S*)$')
if standing and tonumber(lasts) > tonumber(ARGV[1]) then
  if since == '' then since = '0' end
  if tonumber(standing) > tonumber(epoch) then
    if spared ~= except then since = higher(since, epoch) end
    epoch, ends, except, from = standing, lasts, spared, since
  elseif tonumber(standing) < tonumber(epoch) then
    from = spared == except and since or standing
  else
    if spared ~= except then except = '' end
    ends, from = higher(lasts, ends), since
  end
end
keep(epoch .. ' ' .. ends .. ' ' .. except .. ' ' .. from, ends)
return 1
`)

function script(source: string): Script {
  return { source, sha: hash('sha1', source, 'hex') }
}

/**
 * Lua that keeps a text until its end. The server removes it by its own clock, a little later than by ours. A server whose
 * clock is further ahead than that removes it at once, and then the write must fail.
 */
function keeping(): string {
  return `
local function keep(text, ends)
  if tonumber(ends) > 8640000000000000 then
    redis.call('SET', KEYS[1], text)
  else
    redis.call('SET', KEYS[1], text, 'PXAT', string.format('%.0f', math.ceil(tonumber(ends)) + ${graceMs}))
    if not redis.call('GET', KEYS[1]) then error('this server removes at once what it is given') end
  end
end
`
}
