import { describe, expect, test } from 'vitest';
import { serverError } from '../../../../source/connect/places/rendezvous/server-failure.ts';

function from(code: string, message = 'words') {
  return serverError({ t: 'error', code, message }, 'example.org');
}

describe('serverError', () => {
  test.each([
    ['ERR_NO_SUCH_ROOM', 'ERR_NO_SUCH_ROOM', 4],
    ['ERR_ROOM_TAKEN', 'ERR_ROOM_TAKEN', 4],
    ['ERR_PEER_LEFT', 'ERR_PEER_LEFT', 4],
    ['ERR_LIMIT', 'ERR_RENDEZVOUS_REFUSED', 3],
    // A server cannot choose every error code of ours.
    ['ERR_WRONG_CODE', 'ERR_RENDEZVOUS_REFUSED', 3],
    ['ERR_BUG', 'ERR_RENDEZVOUS_REFUSED', 3],
    ['constructor', 'ERR_RENDEZVOUS_REFUSED', 3],
    ['__proto__', 'ERR_RENDEZVOUS_REFUSED', 3],
    ['', 'ERR_RENDEZVOUS_REFUSED', 3],
  ])('takes %j of a server for %s, exit %i', (code, ours, exit) => {
    expect(from(code)).toMatchObject({ code: ours, exitCode: exit, hint: expect.stringMatching(/\S/) });
  });

  test('shows the words of a server harmlessly', () => {
    expect(from('ERR_LIMIT', '\u001B[2J\u202E').message).toBe(
      'the rendezvous example.org says: ␛[2J⟨U+202E⟩',
    );
    const elsewhere = serverError({ t: 'redirect', server: '\u0007evil' }, 'example.org');
    expect(elsewhere.message).toBe('the rendezvous example.org sends us to ␇evil');
  });
});
