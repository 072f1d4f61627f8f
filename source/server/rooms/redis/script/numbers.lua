-- The numbers of rooms: which is given out next, which rest, and how many each
-- share has.

-- The number of a room counts for each of its shares until that time.
local function charge(room, untilMs)
  for _, share in ipairs(room.shares or {}) do
    redis.call('ZADD', key('numbers', share), untilMs, room.number)
    redis.call('PEXPIRE', key('numbers', share), q.numbersMs)
  end
end

-- The room has its number without an end.
local function use(room)
  redis.call('ZREM', key('resting'), room.number)
  redis.call('ZREM', key('free'), room.number)
  charge(room, '+inf')
end

local function rest(room, from)
  redis.call('ZADD', key('resting'), from + q.limits.numberRestMs, room.number)
  redis.call('ZREM', key('free'), room.number)
  charge(room, from + q.limits.numberRestMs)
end

-- The first of the seat's shares that has no number left, counted from 1; nil if all have one.
local function usedUp()
  for index, share in ipairs(q.shares or {}) do
    local name, limit = key('numbers', share.key), q.limits.numbersPerAddress * share.times
    redis.call('ZREMRANGEBYSCORE', name, '-inf', now)
    if redis.call('ZCARD', name) >= limit then
      -- If all servers were killed at once, nobody has ended their rooms. These have expired, but still count here.
      for _, number in ipairs(redis.call('ZRANGEBYSCORE', name, '+inf', '+inf')) do
        if redis.call('EXISTS', key('room', number)) == 0 then redis.call('ZREM', name, number) end
      end
      if redis.call('ZCARD', name) >= limit then return index end
    end
  end
end

local function shareKeys()
  local keys = {}
  for index, share in ipairs(q.shares or {}) do keys[index] = share.key end
  return keys
end

local function rests(number)
  local restsUntil = redis.call('ZSCORE', key('resting'), number)
  return restsUntil and tonumber(restsUntil) > now
end

local load

-- The lowest number that is free and has rested; nil if there is none. Numbers of agreed codes are never given out.
local function allocate()
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', key('resting'), '-inf', now, 'LIMIT', 0, 1000)) do
    redis.call('ZREM', key('resting'), number)
    if tonumber(number) < q.limits.firstOwnNumber then redis.call('ZADD', key('free'), number, number) end
  end
  -- A number above all that were given out came with a token. Lower ones go first.
  local highest = redis.call('GET', key('next')) or 0
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', key('free'), '-inf', highest)) do
    if not load(number) then return tonumber(number) end
  end
  while tonumber(redis.call('GET', key('next')) or 0) + 1 < q.limits.firstOwnNumber do
    local number = redis.call('INCR', key('next'))
    if not load(number) and not rests(number) then return number end
  end
end
