-- The rooms of codes: how they are kept and end, and how a seat leaves one. The
-- matchmaker in memory has the same rules, and the same tests.

local join

local function keepRoom(room)
  -- It is kept a little past its end, so that a later request can end it: a guest may be held in it.
  write(key('room', room.number), room, room.returnAt and room.returnAt - now + q.limits.holdMs)
end

local function withoutRoom(at)
  local seat = seatOf(at)
  seat.number = nil
  keep(at, seat)
end

local function dropGuest(room)
  local guest = room.guest
  if guest then withoutRoom(guest.at) end
  room.guest = nil
  return guest
end

local function finish(room)
  redis.call('DEL', key('room', room.number))
  -- A room that its guest has made again after a loss has no token yet.
  if (room.token or room.number < q.limits.firstOwnNumber) and not room.returnAt then rest(room, now) end
  if room.phase == 'matched' or not room.guest then return end
  -- The owner of this held guest will not come. With an agreed code the guest becomes the owner, else it is refused.
  local guest = dropGuest(room)
  join(guest.at, {number = room.number, client = seatOf(guest.at).client, comer = guest.comer})
end

load = function(number)
  local room = read(key('room', number))
  if not room or not room.returnAt or room.returnAt > now then return room end
  finish(room)
  return read(key('room', number))
end

local function hold(room)
  local guest = room.guest
  if not guest then return end
  local untilMs = math.min(guest.heldUntil, room.returnAt or guest.heldUntil)
  tell(guest.at, {kind = 'held', ms = math.max(0, untilMs - now)})
end

local function detach(at)
  local number = seatOf(at).number
  if not number then return end
  withoutRoom(at)
  local room = load(number)
  if not room then return end
  if room.guest and room.guest.at == at then
    room.guest = nil
    keepRoom(room)
  elseif room.owner and room.owner.at == at then
    room.owner = nil
    if room.phase == 'matched' then dropGuest(room) end
    room.phase = 'open'
    if not room.token then return finish(room) end
    room.returnAt = now + q.limits.returnMs
    rest(room, room.returnAt)
    keepRoom(room)
    hold(room)
  end
end

local function turnAway(at, event)
  local seat = seatOf(at)
  detach(at)
  unclaim(at, seat)
  forget(at)
  tell(at, event)
end

local function refuse(at, refusal, ...)
  turnAway(at, {
    kind = 'refused', code = refusal.code, message = string.format(refusal.message, ...), again = refusal.again,
  })
end

-- Both sides of a match, if they are still there: the one at this seat, its peer, and whether this one is the owner.
local function sides(at)
  local number = seatOf(at).number
  local room = number and load(number)
  if not room or room.phase ~= 'matched' then return end
  if room.owner and room.owner.at == at then return room.owner, room.guest, true end
  if room.guest and room.guest.at == at then return room.guest, room.owner end
end

-- `ofOwner` is what a guest is told whose owner leaves. An owner is only told that its guest has left.
local function leaveRoom(at, ofOwner)
  local own, peer, isOwner = sides(at)
  detach(at)
  if peer and not own.done and not peer.done then
    refuse(peer.at, isOwner and ofOwner or refusals.peerLeft)
  end
end

-- A newer connection has come for this one. Its client comes again only as long as its guess is not spent.
local function replace(older)
  leaveRoom(older, refusals.peerAway)
  refuse(older, refusals.replaced)
end

local function claim(at, client)
  local older = redis.call('GET', key('client', client))
  if older and older ~= at then replace(older) end
  local seat = seatOf(at)
  unclaim(at, seat)
  seat.client = client
  keep(at, seat)
  redis.call('SET', key('client', client), at, 'PX', q.ttlMs)
end

local function enterRoom(at, number)
  local seat = seatOf(at)
  seat.number = number
  keep(at, seat)
end

local function owns(room, joiner)
  return joiner.client == room.client or (room.token and joiner.token == room.token)
end
