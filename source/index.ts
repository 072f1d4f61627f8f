/**
 * The library: `connect` makes a connection to a peer, `serve` runs the rendezvous, and `diagnose` examines the NAT.
 * `FriendBook` keeps peers who meet again, and `ForwardStreams` carries TCP over a connection.
 */
export { connect, Connection } from './connect/connection.ts';
export type { ConnectionEvents, ConnectionListening } from './connect/connection.ts';
export type { FileOffer, SendOptions } from './connect/files/files.ts';
export type { ConnectOptions, FriendKey } from './connect/connect-options.ts';
export type { Waits } from './connect/connect-options.ts';
export type { CloseReason } from './connect/session/wire/frames.ts';
export { parseInvite, formatInvite, type Invite } from './protocol/invite.ts';
export { parseCode, formatCode, type Code } from './protocol/code.ts';
export {
  parsePlaces,
  formatPlace,
  type HttpsAddress,
  type MailboxAddress,
  type PlaceAddress,
  type PlaceAddresses,
  type RendezvousAddress,
} from './protocol/place-address.ts';
export { parseServer, formatServer, type Server as ServerAddress } from './network/endpoint.ts';
export type { Proxies, Proxy, ProxyScheme } from './network/proxy/proxy.ts';
export { parseProxy } from './network/proxy/read-proxies.ts';

export {
  FriendBook,
  type FriendChange,
  type FriendList,
  type FriendWait,
  type HeldFriend,
  type HoldOptions,
} from './friends/friend-book.ts';
export type { Friend, HistoryEntry, WaitingMessage } from './friends/friend.ts';
export {
  openFriendMemory,
  type FriendMemory,
  type FriendMemoryOptions,
} from './friends/memory/friend-memory.ts';
export { ForwardStreams, type ForwardStreamsOptions } from './connect/streams/forward-streams.ts';
export { parseForward, parseTarget, type Forward } from './connect/streams/target.ts';

export { serve, type ServeOptions, type Server, type ServerCounts } from './server/serve.ts';
export { serveHere, type HostServer, type ServeHereOptions } from './server/hosted/serve-here.ts';
export type { Limits } from './server/limits.ts';
export type { Log } from './server/log.ts';
export { serverChannel, type ServerHappening } from './server/server-channel.ts';

export { diagnose, type DiagnoseOptions } from './doctor/diagnose.ts';
export type { DoctorReport, Finding, IdleLifetime } from './nat/doctor-report.ts';
export type { Dependence, Dependency, Diagnosis } from './nat/diagnosis.ts';
export type { PeerKind, Reach } from './nat/reach.ts';

export { exitCodes, ProtocolError, PunchlineError, type ErrorCode, type ErrorDetails } from './errors.ts';
export type * from './events.ts';
