-- The servers: which of them live, what a new one must know, and what becomes of
-- the seats of one that has died.

-- For a short time after the store has lost everything, only former rooms are made.
local function busyMs()
  local space = read(key('space'))
  return space and space.openAt and math.max(0, space.openAt - now) or 0
end

-- Each process says every few seconds that it lives. The answer is what it must know.
local function beat()
  local space = read(key('space'))
  local isNew = not space
  if isNew then
    space = {id = q.fresh, version = q.version, limits = q.limits, openAt = q.known and now + q.restoreMs or nil}
  end
  if space.version ~= q.version then return cjson.encode({version = space.version}) end
  write(key('space'), space, q.keepMs)
  local time = redis.call('TIME')
  local aliveAt = time[1] * 1000 + math.floor(time[2] / 1000)
  local isKnown = redis.call('ZSCORE', key('processes'), q.process) and true or false
  redis.call('ZADD', key('processes'), aliveAt + q.lifeMs, q.process)
  -- Before everything was lost, rooms had these numbers. Their late guests must meet no stranger.
  local nextNumber = tonumber(redis.call('GET', key('next')) or 0)
  for number = nextNumber + 1, math.min(q.next or 0, nextNumber + 1000) do rest({number = number}, now) end
  if q.next and q.next > nextNumber then redis.call('SET', key('next'), q.next) end
  for _, name in ipairs({'next', 'resting', 'free', 'processes'}) do redis.call('PEXPIRE', key(name), q.keepMs) end
  redis.call('PEXPIRE', key('seats', q.process), q.keepMs)
  local dead = {}
  for _, process in ipairs(redis.call(
    'ZRANGEBYSCORE', key('processes'), '-inf', aliveAt + q.lifeMs - q.missedMs, 'LIMIT', 0, 10
  )) do
    if isGone(process .. '/') or tonumber(redis.call('ZSCORE', key('processes'), process)) <= aliveAt then
      table.insert(dead, process)
    end
  end
  return cjson.encode({
    version = space.version, id = space.id, isKnown = isKnown and not isNew, limits = space.limits,
    next = math.max(nextNumber, q.next or 0), dead = #dead > 0 and dead or nil,
  })
end

-- The seats of a process that has died leave, some in each request. Nobody knows whether they have sealed.
local function bury(process)
  local ids = redis.call('HSCAN', key('seats', process), 0, 'COUNT', 200)[2]
  for index = 1, #ids, 2 do leave(process .. '/' .. ids[index], true) end
  if #ids == 0 then redis.call('ZREM', key('processes'), process) end
  return #ids / 2
end

-- Removes the seats that this process no longer has. Those of other processes stay.
local function prune(process, living)
  local has = {}
  for _, id in ipairs(living) do has[id] = true end
  for _, id in ipairs(redis.call('HKEYS', key('seats', process))) do
    if not has[id] then leave(process .. '/' .. id, true) end
  end
end

-- A process that ends says so, so that others need not find out.
local function retire(process)
  prune(process, {})
  redis.call('ZREM', key('processes'), process)
end
