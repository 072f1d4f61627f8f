/** Sample events of files in a chat, for tests of views. */
import type { FileEvent } from '../../../source/events.ts';

/** The peer offers a photo of 12.4 MB. */
export const photo: FileEvent = {
  event: 'file',
  id: 'r1',
  name: 'photo.jpg',
  bytes: 12_400_000,
  files: 1,
  isFolder: false,
  direction: 'received',
  state: 'offered',
};

/** We offer a folder of 1.2 GB. */
export const album: FileEvent = {
  ...photo,
  id: 's1',
  name: 'album',
  bytes: 1_200_000_000,
  files: 2000,
  isFolder: true,
  direction: 'sent',
};

export function accepted(file: FileEvent): FileEvent {
  return { ...file, state: 'accepted', done: 0 };
}

export function progress(file: FileEvent, done: number): FileEvent {
  return { ...file, state: 'progress', done, ms: 1 };
}
