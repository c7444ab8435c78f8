import { hash } from 'node:crypto'

/** A script that the server runs as one step. The server knows it by the hash of its source. */
export interface Script {
  readonly source: string
  readonly sha: string
  /** Whether it changes something, so that replicas must have the change. */
  readonly writes: boolean
}

/**
 * How long after its expiry the server removes a key, for a server whose clock is ahead of ours. Once it has expired,
 * the store treats it as absent all the same.
 */
export const graceMs = 60_000

/** How many writers a record remembers. There is more than one only where several processes change one session. */
const mostMarks = 8

/**
 * Keeps a text until its end. The server removes it by its own clock, a little later than by ours. A server whose clock is
 * further ahead than that removes it at once, and then the write must fail.
 */
const keeping = `
local function keep(text, ends)
  if tonumber(ends) > 8640000000000000 then
    redis.call('SET', KEYS[1], text)
  else
    redis.call('SET', KEYS[1], text, 'PXAT', string.format('%.0f', math.ceil(tonumber(ends)) + ${graceMs}))
    if not redis.call('GET', KEYS[1]) then error('this server removes at once what it is given') end
  end
end
`

/**
 * A record is text: a line with its version, its two times and the marks of its last writers, a line with its device,
 * a line of facts, and the data. Scripts only copy the numbers of a record as text, because Lua would round them.
 */
const reading = `
local now = tonumber(ARGV[1])

local function read(name)
  local text = redis.call('GET', name)
  if not text then return nil end
  local version, touched, ends, marks, device, rest = string.match(text, '^(%d+) (%S+) (%S+)([^\\n]*)\\n([^\\n]*)()')
  if not rest then error('this is not a record of Sojourn') end
  if tonumber(ends) <= now then return nil end
  return { text = text, version = version, touched = touched, ends = ends, marks = marks, device = device, rest = string.sub(text, rest) }
end
`

/**
 * The last two arguments of a script with a list of a subject: the end of a session, and its key. The list expires with the
 * last of its sessions.
 */
const listing = `
local function list(name)
  if not name then return end
  redis.call('ZADD', name, 'GT', ARGV[#ARGV - 1], ARGV[#ARGV])
  redis.call('ZREMRANGEBYSCORE', name, '-inf', tonumber(ARGV[1]) - ${graceMs})
  local last = redis.call('ZRANGE', name, -1, -1, 'WITHSCORES')[2]
  if last == 'inf' then
    redis.call('PERSIST', name)
  else
    redis.call('PEXPIREAT', name, string.format('%.0f', math.ceil(tonumber(last)) + ${graceMs}))
  end
end
`

const writing = `${reading}${keeping}${listing}
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
 * Key: a record. Argument: the beginning of the names of epochs. Answers nothing, or the record, the hash of its subject
 * and the subject's epoch. A record without the hash, as version 0.1.0 writes it, comes alone.
 */
export const loadScript: Script = question(`
local text = redis.call('GET', KEYS[1])
if not text then return false end
local subject = string.match(text, '^[^\\n]*\\n[^\\n]*\\n[^\\n]*,"([%w_-]+)"%]\\n')
return { text, subject or false, subject and redis.call('GET', ARGV[1] .. subject) }
`)

/**
 * Keys: a record, and on one server the list of its subject. Arguments: now, the mark of this write, the end, the first
 * line without marks, the rest of the record, and those of the list. Answers 1, or 0 when the key is taken.
 */
export const createScript: Script = script(`${writing}
local found = read(KEYS[1])
if found then return has(found.marks, ARGV[2]) and 1 or 0 end
list(KEYS[2])
if tonumber(ARGV[3]) > now then keep(ARGV[4] .. ' ' .. ARGV[2] .. ARGV[5], ARGV[3]) end
return 1
`)

/**
 * Arguments: those of `createScript`, and the text expected under the second key. Answers 1 when the record has taken
 * its place, 0 when the first key is taken or the second holds another text.
 */
export const takeOverScript: Script = script(`${writing}
local found = read(KEYS[1])
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

/**
 * Keys: as for `createScript`. Arguments: its first five, the expected version, and those of the list. Answers 1 when the
 * record was replaced, also when a driver repeats the command because it lost the connection before the first answer; 0
 * when there is no record; or the record with another version.
 */
export const replaceScript: Script = script(`${writing}
local found = read(KEYS[1])
if not found then return 0 end
if has(found.marks, ARGV[2]) then return 1 end
if found.version ~= ARGV[6] then return found.text end
list(KEYS[2])
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

/**
 * Keys: as for `createScript`. Arguments: now, the last activity, the end, the line of the device or nothing, and those of
 * the list. Answers 1, or 0 when there is no record.
 */
export const touchScript: Script = script(`${writing}
local found = read(KEYS[1])
if not found then return 0 end
list(KEYS[2])
local touched, ends, device = found.touched, found.ends, found.device
if ARGV[4] ~= '' and tonumber(ARGV[2]) >= tonumber(touched) then device = ARGV[4] end
if tonumber(ARGV[2]) > tonumber(touched) then touched = ARGV[2] end
if tonumber(ARGV[3]) > tonumber(ends) then ends = ARGV[3] end
keep(found.version .. ' ' .. touched .. ' ' .. ends .. found.marks .. '\\n' .. device .. found.rest, ends)
return 1
`)

/** Key: a list of a subject, on a cluster. Arguments: now, and those of the list. */
export const indexScript: Script = script(`${listing}
list(KEYS[1])
return 1
`)

/**
 * Keys: the list of a subject, and on one server the subject's epoch. Argument: there, the beginning of the names of
 * records. Answers the epoch or nothing, and for each session its key, its score, and its record without the data or nothing.
 */
export const listScript: Script = question(`
local answer = { KEYS[2] and redis.call('GET', KEYS[2]) or false }
for place, item in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')) do
  answer[#answer + 1] = item
  if place % 2 == 0 then
    local text = KEYS[2] and redis.call('GET', ARGV[1] .. answer[#answer - 1])
    answer[#answer + 1] = text and (string.match(text, '^[^\\n]*\\n[^\\n]*\\n[^\\n]*\\n') or text) or false
  end
end
return answer
`)

/**
 * Key: the list of a subject; on a cluster, a record. Arguments: now, the subject as JSON, an epoch, the session that it
 * spares, and the beginning of the names of records; on a cluster, the key of the record alone. Removes the live sessions
 * of the subject with a lower epoch, and answers their keys.
 */
export const endScript: Script = script(`${reading}
local function isBelow(record)
  local subject = record and string.match(record.rest, '^\\n%["[^"]*",[^,]*,()')
  if not subject or string.sub(record.rest, subject, subject + #ARGV[2] - 1) ~= ARGV[2] then return false end
  local epoch = string.match(record.rest, '^,[^,]*,(%d+),', subject + #ARGV[2])
  return epoch and tonumber(epoch) < tonumber(ARGV[3])
end

local ended = {}
local function consider(name, key)
  if key == ARGV[4] or not isBelow(read(name)) then return end
  redis.call('DEL', name)
  ended[#ended + 1] = key
end

if ARGV[6] then
  consider(KEYS[1], ARGV[6])
else
  for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do consider(ARGV[5] .. key, key) end
  for _, key in ipairs(ended) do redis.call('ZREM', KEYS[1], key) end
end
return ended
`)

/**
 * Key: an epoch. Arguments: now, the next epoch, its end, the key of the session that it spares or nothing, and the expected
 * epoch or nothing. Answers the new epoch, or nothing when the present one is another. Two decimal numbers differ as soon as
 * their texts do, and 17 digits are enough for each number.
 */
export const exchangeScript: Script = script(`${keeping}
local epoch, ends, expected = ARGV[2], ARGV[3], ARGV[5]
local present, lasts = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+)')
if present and tonumber(lasts) > tonumber(ARGV[1]) then
  if expected == '' and tonumber(present) >= tonumber(epoch) then
    epoch = string.format('%.17g', tonumber(present) + 1)
  end
  if expected ~= '' and expected ~= present then return false end
end
if tonumber(ends) > tonumber(ARGV[1]) then keep(epoch .. ' ' .. ends .. ' ' .. ARGV[4], ends) end
return epoch
`)

/** Arguments: now, the token and the end of a lease. Answers 1, or 0 where another token has the name. */
export const acquireScript: Script = script(`${keeping}
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

function script(source: string): Script {
  return { source, sha: hash('sha1', source, 'hex'), writes: true }
}

function question(source: string): Script {
  return { ...script(source), writes: false }
}
