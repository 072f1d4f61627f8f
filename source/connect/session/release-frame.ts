import { DATA_HEADER_BYTES } from './wire/frames.ts';

/**
 * Gives the memory of bytes that a connection has passed on back at once, which the garbage collector would do late. Only
 * memory that holds a single frame: of other memory there may be further views.
 */
export function releaseFrame({ buffer, byteOffset, byteLength }: Uint8Array): void {
  if (byteOffset === DATA_HEADER_BYTES && buffer.byteLength === DATA_HEADER_BYTES + byteLength) {
    release(buffer);
  }
}

/** Gives memory back at once, which nobody sees any more. */
export function release(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer) {
    buffer.transfer(0);
  }
}
