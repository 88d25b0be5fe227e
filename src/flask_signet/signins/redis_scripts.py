"""The verbs of a register in Redis, in Lua; a server runs each as one.

Each stands behind ``COMMON``. Its first argument is the prefix; the comment above it
names its key, and its further arguments. A reply is one text, so that it is the same
for every client: ``[seconds, microseconds, row, ...]``, with the server's time.

Times are passed on as the text that they are, and compared as numbers. Lua's numbers
hold microseconds exactly until the year 2255, and would be written as ``1.7e+15``.
"""

from hashlib import sha1
from typing import NamedTuple


class Script(NamedTuple):
    """What is sent to a server, and by what it knows it afterwards."""

    text: str
    sha: str


def _script(text: str) -> Script:
    text = COMMON + text
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


COMMON = """
local call, prefix = redis.call, ARGV[1]
local function row_key(handle) return prefix .. 'row:' .. handle end
local function person_key(json) return prefix .. 'person:' .. json end
-- A digest is hexadecimal: its JSON is itself, between quotes.
local function digest_key(json) return prefix .. 'digest:' .. json:sub(2, -2) end

-- All of a row, as JSON. Where a server evicts keys, its person's may have gone: a row
-- that is not listed could not be closed with the others, and counts as gone, too.
local function shown(handle)
    local row, said, person = call('HGETALL', row_key(handle)), {}, nil
    for i = 1, #row, 2 do
        said[#said + 1] = '"' .. row[i] .. '":' .. row[i + 1]
        if row[i] == 'person' then person = person_key(row[i + 1]) end
    end
    if person and call('ZSCORE', person, handle) then
        return '{' .. table.concat(said, ',') .. '}'
    end
end

local function reply(handles)
    local parts = call('TIME')
    for _, handle in ipairs(handles) do parts[#parts + 1] = shown(handle) end
    return '[' .. table.concat(parts, ',') .. ']'
end

-- A person's key loses what has ended, and ends with the last of its rows.
local function tend(person)
    local time = call('TIME')
    local now = time[1] .. string.format('%06d', time[2]):sub(1, 3)
    call('ZREMRANGEBYSCORE', person, '-inf', '(' .. now)
    local last = call('ZREVRANGE', person, 0, 0, 'WITHSCORES')
    if last[2] then call('PEXPIREAT', person, last[2]) end
end

local function drop(handle)
    local row = row_key(handle)
    local said = call('HMGET', row, 'person', 'digest', 'pending_digest')
    call('DEL', row)
    for i = 2, 3 do
        if said[i] then call('DEL', digest_key(said[i])) end
    end
    if said[1] then
        call('ZREM', person_key(said[1]), handle)
        tend(person_key(said[1]))
    end
end

local function put(handle, ends, first)
    local row = row_key(handle)
    call('HSET', row, unpack(ARGV, first))
    local said = call('HMGET', row, 'person', 'digest', 'pending_digest')
    call('PEXPIREAT', row, ends)
    for i = 2, 3 do
        if said[i] then call('SET', digest_key(said[i]), handle, 'PXAT', ends) end
    end
    call('ZADD', person_key(said[1]), ends, handle)
    tend(person_key(said[1]))
end
"""

# A person; handle, ends, opened_at, at_most, make_room, fields.
ADD = _script("""
local opened, at_most, gone = tonumber(ARGV[4]), tonumber(ARGV[5]), {}
if at_most then
    local present, opened_at = {}, {}
    for _, handle in ipairs(call('ZRANGE', KEYS[1], 0, -1)) do
        local said = call('HMGET', row_key(handle),
            'opened_at', 'ends', 'session_ends', 'remember_digest')
        if said[1] and tonumber(said[2]) > opened
            and (said[4] or tonumber(said[3]) > opened) then
            present[#present + 1] = handle
            opened_at[handle] = tonumber(said[1])
        end
    end
    local too_many = #present + 1 - at_most
    if too_many > 0 and ARGV[6] == '0' then return {1, reply(present)} end
    table.sort(present, function(a, b) return opened_at[a] < opened_at[b] end)
    for i = 1, math.min(too_many, #present) do gone[i] = present[i] end
end
local handed_over = reply(gone)
for _, handle in ipairs(gone) do drop(handle) end
put(ARGV[2], ARGV[3], 7)
return {0, handed_over}
""")

# A digest.
GET = _script("""
return reply({call('GET', KEYS[1]) or nil})
""")

# A row; handle.
BY_HANDLE = _script("""
return reply({ARGV[2]})
""")

# A row; seen_at, session_ends.
TOUCH = _script("""
local said = call('HMGET', KEYS[1], 'seen_at', 'session_ends')
if said[1] and tonumber(ARGV[2]) > tonumber(said[1]) then
    local ends = said[2]
    if tonumber(ARGV[3]) > tonumber(ends) then ends = ARGV[3] end
    call('HSET', KEYS[1], 'seen_at', ARGV[2], 'session_ends', ends)
    call('HINCRBY', KEYS[1], 'version', 1)
end
""")

# A row; until when they were opened, how many at most, handles.
FORGET = _script("""
local count = 0
for i = 4, #ARGV do
    local row = row_key(ARGV[i])
    local said = call('HMGET', row, 'opened_at', 'network', 'agent')
    if count < tonumber(ARGV[3]) and said[1] and (said[2] or said[3])
        and tonumber(said[1]) <= tonumber(ARGV[2]) then
        call('HDEL', row, 'network', 'agent')
        call('HINCRBY', row, 'version', 1)
        count = count + 1
    end
end
return count
""")

# A row; handle, ends, version, fields.
SWAP = _script("""
if not shown(ARGV[2]) or call('HGET', KEYS[1], 'version') ~= ARGV[4] then return 0 end
drop(ARGV[2])
put(ARGV[2], ARGV[3], 5)
return 1
""")

# A row; handle.
REMOVE = _script("""
local handed_over = reply({ARGV[2]})
drop(ARGV[2])
return handed_over
""")

# A person; the handle to keep.
REMOVE_ALL = _script("""
local gone = {}
for _, handle in ipairs(call('ZRANGE', KEYS[1], 0, -1)) do
    if handle ~= ARGV[2] then gone[#gone + 1] = handle end
end
local handed_over = reply(gone)
for _, handle in ipairs(gone) do
    drop(handle)
    call('ZREM', KEYS[1], handle)  -- a row that was evicted says no more whose it was
end
return handed_over
""")

# A person.
OF_USER = _script("""
return reply(call('ZRANGE', KEYS[1], 0, -1))
""")
