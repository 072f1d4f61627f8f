-- How a seat and the store agree again after one of them has missed something.

local lost = {kind = 'retry'}

-- A server has lost its connection to the store, or the store has lost
-- everything. What this seat was told last and what stands here become the same
-- again. A seat with a session is matched; one without waits or has asked.
local function syncRoom(at, b)
  local seat = seatOf(at)
  local number = b.number
  if b.asks == 'open' then number = seat.number end
  local room = number and load(number)
  local isOwner = room and room.owner and room.owner.at == at
  local isGuest = room and room.guest and room.guest.at == at
  if isOwner or isGuest then
    enterRoom(at, room.number)
    -- Its guest may have made it again, and does not know its token.
    if isOwner and b.token and not room.token then
      room.token, room.shares = b.token, shareKeys()
      use(room)
    end
    keepRoom(room)
    local own, peer = room.owner, room.guest
    if isGuest then own, peer = peer, own end
    if b.session then
      if room.session ~= b.session or room.phase ~= 'matched' then refuse(at, refusals.peerLeft) end
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
    if room then return refuse(at, refusals.peerLeft) end
    -- If nothing was lost, the room has ended with the owner's `done`.
    if b.isLost then
      local own, peer = {at = at, comer = b.comer}, {at = b.peerAt, comer = b.peerComer}
      if b.role == 'a' then own, peer = peer, own end
      claim(at, b.client)
      room = {
        number = b.number, client = cjson.decode(own.comer).client, token = b.role == 'b' and b.token or nil,
        phase = 'matched', session = b.session, matches = b.matches, owner = own, guest = peer,
      }
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
    -- Another client has the room now. This seat was told that it waits, so it cannot become a guest.
    forget(at)
    tell(at, lost)
  else
    claim(at, b.client)
    redis.call('ZREM', key('resting'), b.number)
    local held = room and room.guest
    create(at, {
      number = b.number, client = b.client, token = b.token, phase = b.comer and 'waiting' or 'open',
      matches = b.matches, comer = b.comer, guest = held, shares = b.token and shareKeys(),
    })
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
      refuseResumed({at = at}, refusals.peerLeft)
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
    refuseResumed({at = at}, refusals.peerLeft)
  end
end
