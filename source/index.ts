/** The library: a line to a peer, and the rendezvous where they meet. */
export { connect, Connection } from './net/connection.ts';
export type { ConnectOptions } from './net/connect-options.ts';
export { serve, type ServeOptions, type Server } from './server/serve.ts';
export { diagnose, type DiagnoseOptions } from './net/diagnose.ts';
export type { DoctorReport, Finding, IdleLifetime } from './core/doctor-report.ts';
export { exitCodes, ProtocolError, PunchlineError, type ErrorCode } from './errors.ts';
export type * from './events.ts';
