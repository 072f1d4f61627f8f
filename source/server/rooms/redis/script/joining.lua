-- The rooms of codes: how a seat opens one, joins it, comes back to it, and is
-- matched in it.

local function match(room)
  room.phase = 'matched'
  room.matches = room.matches + 1
  room.session = q.fresh
  keepRoom(room)
  tellMatched('b', room.session, room.owner, room.guest, room.matches)
  tellMatched('a', room.session, room.guest, room.owner)
end

local function create(at, room)
  room.owner = {at = at, comer = room.comer}
  room.comer = nil
  room.matches = room.matches or 0
  keepRoom(room)
  if room.token then use(room) end
  enterRoom(at, room.number)
end

local function open(at, client, token)
  claim(at, client)
  leaveRoom(at)
  local full = usedUp()
  local number = not full and allocate()
  if not number then return turnAway(at, {kind = 'full', share = full}) end
  create(at, {number = number, client = client, token = token, phase = 'open', shares = shareKeys()})
  tell(at, {kind = 'opened', number = number, token = token})
end

-- The owner joins: for the first time, from a new connection, or with a new share for the next guest.
local function comeBack(at, room, comer)
  if room.owner and room.owner.at ~= at then
    replace(room.owner.at)
    room = load(room.number) or room
  end
  room.returnAt = nil
  if room.token then use(room) end
  room.owner = {at = at, comer = comer}
  enterRoom(at, room.number)
  local guest
  if room.phase == 'matched' then guest = dropGuest(room) end
  room.phase = 'waiting'
  keepRoom(room)
  if guest and not guest.done then refuse(guest.at, refusals.peerAway) end
  if room.guest and isGone(room.guest.at) then
    refuse(room.guest.at, refusals.serverGone)
    room.guest = nil
  end
  if room.matches > q.limits.maxRearms then
    refuse(at, refusals.spent, room.number, room.matches)
    local left = load(room.number)
    if left then
      redis.call('ZREM', key('resting'), room.number)
      left.returnAt = nil
      finish(left)
    end
  elseif room.guest then
    match(room)
  else
    tell(at, {kind = 'waiting', matches = room.matches})
  end
end

local function enter(at, room, comer)
  if room.guest or room.phase == 'matched' then
    return refuse(at, refusals.taken, room.number)
  end
  enterRoom(at, room.number)
  room.guest = {at = at, comer = comer, heldUntil = now + q.limits.holdMs}
  keepRoom(room)
  -- The owner's process was killed a moment ago. The owner may come back at another one.
  if room.phase == 'waiting' and isGone(room.owner.at) then return leaveRoom(room.owner.at) end
  if room.phase == 'waiting' then match(room) else hold(room) end
end

join = function(at, joiner)
  local number = joiner.number
  claim(at, joiner.client)
  local room = load(number)
  local again = room and room.owner and room.owner.at == at and owns(room, joiner)
  if not again then
    leaveRoom(at)
    room = load(number)
  end
  if room and owns(room, joiner) then
    comeBack(at, room, joiner.comer)
  elseif joiner.token and (room or rests(number)) then
    -- Another client has the number, or had it a moment ago. Nobody may be matched with a stranger by coming back.
    refuse(at, refusals.ended, number)
  elseif room then
    enter(at, room, joiner.comer)
  elseif number < q.limits.firstOwnNumber and not joiner.token then
    refuse(at, refusals.empty, number)
  else
    -- With a token, it was opened at a server without this store, or before the store lost everything.
    local full = joiner.token and usedUp()
    if full then return turnAway(at, {kind = 'full', share = full}) end
    create(at, {
      number = number, client = joiner.client, token = joiner.token,
      phase = 'waiting', comer = joiner.comer, shares = joiner.token and shareKeys(),
    })
    tell(at, {kind = 'waiting'})
  end
end

-- Ends the room of an owner that has left it after it had sealed: its guess is spent, and it will not come back.
local function spend(left)
  local room = left.spent and load(left.number)
  if not room or room.owner or room.phase ~= 'open' or room.client ~= left.client then return end
  redis.call('ZREM', key('resting'), room.number)
  room.returnAt = nil
  finish(room)
end

-- A server asks this when the time of its held guest should be over.
local function due(at)
  local number = seatOf(at).number
  local room = number and load(number)
  if not room or not room.guest or room.guest.at ~= at or room.phase == 'matched' then return end
  if room.guest.heldUntil > now then return hold(room) end
  refuse(at, refusals.openerAway, number)
end

local function doneInRoom(at)
  local number = seatOf(at).number
  local room = number and load(number)
  if not room then return end
  if room.owner and room.owner.at == at then
    -- The two need the room no longer, and others can use its number.
    finish(room)
  elseif room.guest and room.guest.at == at then
    room.guest.done = true
    keepRoom(room)
  end
end
