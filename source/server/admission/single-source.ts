import { addressClass } from '../../network/address.ts';

/** So many clients of one address, and none of any other, are no coincidence on a server that is reached from outside. */
const MIN_CLIENTS = 30;

/** Notices that all clients come from one private address: then something in front, such as a container's port proxy, hides them. */
export class SingleSource {
  #address: string | undefined;
  #clients = 0;
  #isKnown = false;

  /** A client has come. True once: when it is time to say so. */
  seen(address: string): boolean {
    if (this.#isKnown) {
      return false;
    }
    this.#address ??= address;
    this.#clients += 1;
    const reach = addressClass(address);
    if (address !== this.#address || reach === 'global' || reach === 'other') {
      this.#isKnown = true;
    } else if (this.#clients === MIN_CLIENTS) {
      return (this.#isKnown = true);
    }
    return false;
  }
}
