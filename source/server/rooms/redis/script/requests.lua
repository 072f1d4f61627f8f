-- The table of all requests, and the answer to this one.

local requests = {
  open = function() leaveResume(q.at) open(q.at, q.client, q.token) end,
  join = function() leaveResume(q.at) join(q.at, q) end,
  resume = function() resume(q.at, q.room, q.slot, q.comer) end,
  update = function() update(q.at, q.comer) end,
  due = function() due(q.at) end,
  done = function() done(q.at) end,
  leave = function() leave(q.at, q.spent) end,
  withdraw = function() return withdraw(q.at, q.spent) end,
  sync = function() if q.room then syncResume(q.at, q) else syncRoom(q.at, q) end end,
  touch = function() for _, name in ipairs(q.keys) do touch(key(name)) end end,
  beat = beat,
  bury = function() return bury(q.process) end,
  retire = function() retire(q.process) end,
  prune = function() prune(q.process, q.living) end,
}

if q.op == 'open' or q.op == 'join' or q.op == 'resume' or q.asks then
  local ms = busyMs()
  if ms > 0 then return cjson.encode({busyMs = ms}) end
end
-- Leaving must work in a full store. It refuses no write after the first one of a script, and never refuses DEL.
if q.op == 'leave' or q.op == 'withdraw' or q.op == 'done' or q.op == 'bury' or q.op == 'prune' or q.op == 'retire' then
  redis.call('DEL', key('nothing'))
end
return requests[q.op]()
