-- Keys, seats and events. The request is the one argument, in JSON. A seat is
-- named PROCESS/SEAT. The readme of the server says what stands under each key.
--
-- A full store refuses the first write of a script, and no later one. So each
-- request writes before it tells anybody anything, and is done whole or not at all.

local q = cjson.decode(ARGV[1])
local now = q.now
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function key(...) return 'punchline:' .. table.concat({...}, ':') end

local function read(name)
  local text = redis.call('GET', name)
  return text and cjson.decode(text) or nil
end

local function write(name, value, ms)
  redis.call('SET', name, cjson.encode(value), 'PX', math.max(1, math.ceil(ms or q.ttlMs)))
end

-- Keeps a key that its server still needs. A room that is kept for its owner's return may have longer to live.
local function touch(name)
  if redis.call('PTTL', name) < q.ttlMs then redis.call('PEXPIRE', name, q.ttlMs) end
end

local function split(at) return string.match(at, '^(.-)/(.*)$') end

-- A seat is in a room of a code (client, number) or in that of a session (resume, slot).
local function seatOf(at)
  local process, id = split(at)
  local text = redis.call('HGET', key('seats', process), id)
  return text and cjson.decode(text) or {}
end

local function keep(at, seat)
  local process, id = split(at)
  redis.call('HSET', key('seats', process), id, cjson.encode(seat))
end

local function forget(at)
  local process, id = split(at)
  redis.call('HDEL', key('seats', process), id)
end

-- A process that lives listens for its events. A killed one holds no connection.
local function isGone(at)
  local process = split(at)
  return redis.call('PUBSUB', 'NUMSUB', key('to', process))[2] == 0
end

local function tell(at, event)
  local process, id = split(at)
  event.to = id
  redis.call('PUBLISH', key('to', process), cjson.encode(event))
end

local function tellMatched(role, session, own, peer, matches)
  tell(own.at, {
    kind = 'matched', role = role, session = session,
    own = own.comer, peer = peer.comer, peerAt = peer.at, matches = matches,
  })
end

local function unclaim(at, seat)
  if seat.client and redis.call('GET', key('client', seat.client)) == at then
    redis.call('DEL', key('client', seat.client))
  end
end
