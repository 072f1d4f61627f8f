/** Last part: the rooms of sessions, what a process asks for itself, and the table of all requests. */
export const scriptRequests = `
local others = {a = 'b', b = 'a'}

local function keepResume(name, room)
  if room.a or room.b then write(key('resume', name), room) else redis.call('DEL', key('resume', name)) end
end

-- The other one of a match is gone: this one is to come again.
local function dismiss(room, slot)
  room.matched = false
  local seat = room[slot]
  if not seat or seat.done then return nil end
  room[slot] = nil
  return seat
end

local function refuseResumed(seat, code, message)
  if not seat then return end
  forget(seat.at)
  tell(seat.at, {kind = 'refused', code = code, message = message})
end

local function leaveResume(at)
  local seat = seatOf(at)
  if not seat.resume then return end
  local name, slot = seat.resume, seat.slot
  seat.resume, seat.slot = nil, nil
  keep(at, seat)
  local room = read(key('resume', name))
  local own = room and room[slot]
  if not own or own.at ~= at then return end
  room[slot] = nil
  local other
  if room.matched and not own.done then other = dismiss(room, others[slot]) end
  keepResume(name, room)
  refuseResumed(other, 'ERR_PEER_LEFT', 'your peer has left')
end

local function resume(at, name, slot, comer)
  leaveRoom(at)
  leaveResume(at)
  local room = read(key('resume', name)) or {}
  local older, other = room[slot], room[others[slot]]
  local dismissed
  room[slot] = {at = at, comer = comer}
  if room.matched then
    dismissed = dismiss(room, others[slot])
    other = nil
  elseif other and isGone(other.at) then
    room[others[slot]] = nil
    other = nil
  end
  if other then
    room.matched = true
    room.session = q.fresh
  end
  local seat = seatOf(at)
  unclaim(at, seat)
  seat.client, seat.resume, seat.slot = nil, name, slot
  keep(at, seat)
  keepResume(name, room)
  if older and older.at ~= at then
    refuseResumed(older, 'ERR_RENDEZVOUS_CLOSED', 'the same client has connected again')
  end
  refuseResumed(dismissed, 'ERR_PEER_LEFT', 'your peer has left')
  if other then
    tellMatched('b', room.session, room.b, room.a)
    tellMatched('a', room.session, room.a, room.b)
  else
    tell(at, {kind = 'waiting'})
  end
end

local function leave(at)
  local seat = seatOf(at)
  leaveResume(at)
  leaveRoom(at)
  unclaim(at, seat)
  forget(at)
end

-- The name of the session's room that this seat is in, that room, and its own place there.
local function resumedBy(at)
  local seat = seatOf(at)
  local room = seat.resume and read(key('resume', seat.resume))
  local own = room and room[seat.slot]
  if own and own.at == at then return seat.resume, room, own end
end

local function update(at, comer)
  local seat = seatOf(at)
  local room = seat.number and load(seat.number)
  local own = room and ((room.owner and room.owner.at == at and room.owner) or (room.guest and room.guest.at == at and room.guest))
  if own then
    own.comer = comer
    keepRoom(room)
  end
  local name, session, place = resumedBy(at)
  if place then
    place.comer = comer
    keepResume(name, session)
  end
end

local function done(at)
  doneInRoom(at)
  local name, session, place = resumedBy(at)
  if place then
    place.done = true
    keepResume(name, session)
  end
end

local lost = {kind = 'retry'}

-- A connection to the store was lost, or all that was in it. What this seat
-- believes and what stands here become the same again. Without a session it
-- waits or has asked; with one, it is matched.
local function syncRoom(at, b)
  local seat = seatOf(at)
  local number = b.number
  if b.asks == 'open' then number = seat.number end
  local room = number and load(number)
  local isOwner = room and room.owner and room.owner.at == at
  local isGuest = room and room.guest and room.guest.at == at
  if isOwner or isGuest then
    enterRoom(at, room.number)
    -- Its guest may have put it back, who does not know its token.
    if isOwner and b.token and not room.token then
      room.token, room.shares = b.token, shareKeys()
      use(room)
    end
    keepRoom(room)
    local own, peer = room.owner, room.guest
    if isGuest then own, peer = peer, own end
    if b.session then
      if room.session ~= b.session or room.phase ~= 'matched' then refuse(at, 'ERR_PEER_LEFT', 'your peer has left') end
    elseif b.asks == 'open' then
      tell(at, {kind = 'opened', number = room.number, token = room.token})
    elseif b.asks == 'join' and own.comer ~= b.comer then
      join(at, b)
    elseif room.phase == 'matched' then
      tellMatched(isOwner and 'b' or 'a', room.session, own, peer, room.matches)
    elseif isGuest then
      hold(room)
    elseif room.phase == 'waiting' then
      tell(at, {kind = 'waiting', matches = room.matches})
    end
  elseif b.session then
    if room then return refuse(at, 'ERR_PEER_LEFT', 'your peer has left') end
    -- Else it has ended with the word of the owner.
    if b.isLost then
      local own, peer = {at = at, comer = b.comer}, {at = b.peerAt, comer = b.peerComer}
      if b.role == 'a' then own, peer = peer, own end
      claim(at, b.client)
      room = {number = b.number, client = cjson.decode(own.comer).client, token = b.role == 'b' and b.token or nil, phase = 'matched', session = b.session, matches = b.matches, owner = own, guest = peer}
      if room.token then
        room.shares = shareKeys()
        use(room)
      end
      keepRoom(room)
      enterRoom(at, b.number)
      enterRoom(b.peerAt, b.number)
    end
  elseif b.asks == 'open' then
    open(at, b.client, q.token)
  elseif b.asks == 'join' then
    join(at, b)
  elseif room and b.comer and owns(room, b) then
    claim(at, b.client)
    comeBack(at, load(b.number), b.comer)
  elseif room and not (owns(room, b) and not room.owner) then
    -- Another's by now; this one was promised to be the one who waits.
    forget(at)
    tell(at, lost)
  else
    claim(at, b.client)
    redis.call('ZREM', key('resting'), b.number)
    local held = room and room.guest
    create(at, {number = b.number, client = b.client, token = b.token, phase = b.comer and 'waiting' or 'open', matches = b.matches, comer = b.comer, guest = held, shares = b.token and shareKeys()})
  end
end

local function syncResume(at, b)
  local room = read(key('resume', b.room)) or {}
  local own = room[b.slot]
  if own and own.at == at then
    local other = room[others[b.slot]]
    if b.session and (not room.matched or room.session ~= b.session) then
      room[b.slot] = nil
      keepResume(b.room, room)
      refuseResumed({at = at}, 'ERR_PEER_LEFT', 'your peer has left')
    elseif room.matched and other then
      tellMatched(b.slot, room.session, own, other)
    elseif not b.session then
      tell(at, {kind = 'waiting'})
    end
  elseif not b.session then
    resume(at, b.room, b.slot, b.comer)
  elseif not own and (not room.session or room.session == b.session) then
    room[b.slot] = {at = at, comer = b.comer}
    room.matched, room.session = true, b.session
    local seat = seatOf(at)
    seat.resume, seat.slot = b.room, b.slot
    keep(at, seat)
    keepResume(b.room, room)
  else
    forget(at)
    refuseResumed({at = at}, 'ERR_PEER_LEFT', 'your peer has left')
  end
end

-- For a moment after a loss nobody new comes in: those who had a number get it back first.
local function busyMs()
  local space = read(key('space'))
  return space and space.openAt and math.max(0, space.openAt - now) or 0
end

-- Each process says this every few seconds: I am here. Answered with what it must know.
local function beat()
  local space = read(key('space'))
  local isNew = not space
  if isNew then space = {id = q.fresh, version = q.version, limits = q.limits, openAt = q.known and now + q.restoreMs or nil} end
  if space.version ~= q.version then return cjson.encode({version = space.version}) end
  write(key('space'), space, q.keepMs)
  local time = redis.call('TIME')
  local aliveAt = time[1] * 1000 + math.floor(time[2] / 1000)
  local isKnown = redis.call('ZSCORE', key('processes'), q.process) and true or false
  redis.call('ZADD', key('processes'), aliveAt + q.lifeMs, q.process)
  -- Numbers under which rooms were, before all was lost: their late guests must meet no stranger.
  local nextNumber = tonumber(redis.call('GET', key('next')) or 0)
  for number = nextNumber + 1, math.min(q.next or 0, nextNumber + 1000) do rest({number = number}, now) end
  if q.next and q.next > nextNumber then redis.call('SET', key('next'), q.next) end
  for _, name in ipairs({'next', 'resting', 'free', 'processes'}) do redis.call('PEXPIRE', key(name), q.keepMs) end
  redis.call('PEXPIRE', key('seats', q.process), q.keepMs)
  local dead = {}
  for _, process in ipairs(redis.call('ZRANGEBYSCORE', key('processes'), '-inf', aliveAt + q.lifeMs - q.missedMs, 'LIMIT', 0, 10)) do
    if isGone(process .. '/') or tonumber(redis.call('ZSCORE', key('processes'), process)) <= aliveAt then
      table.insert(dead, process)
    end
  end
  return cjson.encode({
    version = space.version, id = space.id, isKnown = isKnown and not isNew, limits = space.limits,
    next = math.max(nextNumber, q.next or 0), dead = #dead > 0 and dead or nil,
  })
end

-- Everybody of a process that has died leaves, some at a time.
local function bury(process)
  local ids = redis.call('HSCAN', key('seats', process), 0, 'COUNT', 200)[2]
  for index = 1, #ids, 2 do leave(process .. '/' .. ids[index]) end
  if #ids == 0 then redis.call('ZREM', key('processes'), process) end
  return #ids / 2
end

-- Another's seats are left alone; of the own ones, those that this process no longer has.
local function prune(process, living)
  local has = {}
  for _, id in ipairs(living) do has[id] = true end
  for _, id in ipairs(redis.call('HKEYS', key('seats', process))) do
    if not has[id] then leave(process .. '/' .. id) end
  end
end

-- This process ends: nobody has to wait until it is missed.
local function retire(process)
  prune(process, {})
  redis.call('ZREM', key('processes'), process)
end

local requests = {
  open = function() leaveResume(q.at) open(q.at, q.client, q.token) end,
  join = function() leaveResume(q.at) join(q.at, q) end,
  resume = function() resume(q.at, q.room, q.slot, q.comer) end,
  update = function() update(q.at, q.comer) end,
  due = function() due(q.at) end,
  done = function() done(q.at) end,
  leave = function() leave(q.at) end,
  sync = function() if q.room then syncResume(q.at, q) else syncRoom(q.at, q) end end,
  touch = function() for _, name in ipairs(q.keys) do redis.call('PEXPIRE', key(name), q.ttlMs) end end,
  beat = beat,
  bury = function() return bury(q.process) end,
  retire = function() retire(q.process) end,
  prune = function() prune(q.process, q.living) end,
}

if q.op == 'open' or q.op == 'join' or q.op == 'resume' or q.asks then
  local ms = busyMs()
  if ms > 0 then return cjson.encode({busyMs = ms}) end
end
-- A store that is full still lets people go: nothing is refused after a first write, and this one is never refused.
if q.op == 'leave' or q.op == 'done' or q.op == 'bury' or q.op == 'prune' or q.op == 'retire' then redis.call('DEL', key('nothing')) end
return requests[q.op]()
`;
