/** A chat whose events are emitted by the test. It is for screens, because events are all that they get. */
import type { Chat, Happening, PunchlineEvent } from '../../../source/events.ts';

export interface ScriptedChat extends Chat {
  readonly emit: (...happenings: readonly Happening[]) => void;
  /**
   * The requests of the screen, in order: `send TEXT`, `leave`, `interrupt
   * CODE`, `sendFile PATH`, `acceptFile ID [FOLDER] [--hidden]`.
   */
  readonly wishes: readonly string[];
  /** The times at which the screen told that the user is typing. */
  readonly writings: readonly number[];
  rttMs: number | undefined;
  verification: readonly string[] | undefined;
}

/** Local noon, so that the screen shows the same time of day in every time zone. */
const startedAt = new Date(2026, 0, 1, 12, 0).getTime();

export function createScriptedChat(onSend: (text: string) => void = () => undefined): ScriptedChat {
  const past: PunchlineEvent[] = [];
  const listeners = new Set<(event: PunchlineEvent) => void>();
  const wishes: string[] = [];
  const writings: number[] = [];
  let sent = 0;
  let files = 0;
  let hasEnded = false;
  function emit(...happenings: readonly Happening[]): void {
    for (const happening of happenings) {
      const event: PunchlineEvent = { v: 1, at: startedAt + past.length * 1000, ...happening };
      past.push(event);
      hasEnded ||= event.event === 'ended';
      for (const listener of listeners) {
        listener(event);
      }
    }
  }
  return {
    emit,
    wishes,
    writings,
    rttMs: undefined,
    verification: ['abandon', 'ability', 'able', 'about'],
    typing: () => {
      writings.push(Date.now());
    },
    rename: (name) => {
      wishes.push(`rename ${name}`);
    },
    befriend: (name) => {
      wishes.push(name === undefined ? 'befriend' : `befriend ${name}`);
    },
    unfriend: () => {
      wishes.push('unfriend');
    },
    forget: () => {
      wishes.push('forget');
    },
    beat: (everyMs) => {
      wishes.push(`beat ${everyMs ?? 'off'}`);
    },
    sendFile: (path) => {
      wishes.push(`sendFile ${path}`);
      files += 1;
      return Promise.resolve(`s${files}`);
    },
    acceptFile: (id, folder, { hidden = false } = {}) => {
      const words = ['acceptFile', id, folder, hidden ? '--hidden' : undefined];
      wishes.push(words.filter((word) => word !== undefined).join(' '));
    },
    declineFile: (id) => {
      wishes.push(`declineFile ${id}`);
    },
    cancelFile: (id) => {
      wishes.push(`cancelFile ${id}`);
    },
    subscribe: (listener) => {
      past.forEach((event) => listener(event));
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    send: (text) => {
      wishes.push(`send ${text}`);
      onSend(text);
      sent += 1;
      emit({ event: 'message', from: 'me', id: `me-${sent}`, text });
    },
    writable: () => Promise.resolve(),
    pause: () => {
      wishes.push('pause');
    },
    resume: () => {
      wishes.push('resume');
    },
    finish: () => {
      wishes.push('finish');
    },
    leave: () => {
      wishes.push('leave');
      if (!hasEnded) {
        emit({ event: 'ended', reason: 'quit', exit: 0 });
      }
    },
    report: (failure) => emit({ event: 'error', ...failure }),
    interrupt: (exit) => {
      wishes.push(`interrupt ${exit}`);
      if (!hasEnded) {
        emit({ event: 'ended', reason: 'interrupted', exit });
      }
    },
  };
}
