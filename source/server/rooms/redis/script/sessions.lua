-- The rooms of sessions, and the requests that concern both kinds of rooms:
-- leave, update and done.

local others = {a = 'b', b = 'a'}

local function keepResume(name, room)
  if room.a or room.b then write(key('resume', name), room) else redis.call('DEL', key('resume', name)) end
end

-- Ends a match whose other side is gone. This side is to come again.
local function dismiss(room, slot)
  room.matched = false
  local seat = room[slot]
  if not seat or seat.done then return nil end
  room[slot] = nil
  return seat
end

local function refuseResumed(seat, refusal)
  if not seat then return end
  forget(seat.at)
  tell(seat.at, {kind = 'refused', code = refusal.code, message = refusal.message})
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
  refuseResumed(other, refusals.peerLeft)
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
    refuseResumed(older, refusals.replaced)
  end
  refuseResumed(dismissed, refusals.peerLeft)
  if other then
    tellMatched('b', room.session, room.b, room.a)
    tellMatched('a', room.session, room.a, room.b)
  else
    tell(at, {kind = 'waiting'})
  end
end

-- An owner that has sealed in its match has spent its guess.
local function leave(at, isSpent)
  local seat = seatOf(at)
  leaveResume(at)
  leaveRoom(at, not isSpent and refusals.peerAway)
  spend(q)
  unclaim(at, seat)
  forget(at)
end

-- The session's room that this seat is in: its name, the room, and the seat's place in it.
local function resumedBy(at)
  local seat = seatOf(at)
  local room = seat.resume and read(key('resume', seat.resume))
  local own = room and room[seat.slot]
  if own and own.at == at then return seat.resume, room, own end
end

-- A server that goes down asks this for a client that, as far as it knows, is not matched. Returns whether it has left.
local function withdraw(at, isSpent)
  local own, peer = sides(at)
  local _, session, place = resumedBy(at)
  if (own and peer and not own.done) or (place and session.matched and not place.done) then return 0 end
  leave(at, isSpent)
  return 1
end

local function update(at, comer)
  local seat = seatOf(at)
  local room = seat.number and load(seat.number)
  local own = room and (
    (room.owner and room.owner.at == at and room.owner) or (room.guest and room.guest.at == at and room.guest)
  )
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
