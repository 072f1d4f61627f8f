import { addressClass } from '../../network/address.ts';

/** On a public server, this many clients of one address and none of any other cannot be chance. */
const MIN_CLIENTS = 30;

/** Notices that all clients come from one private address. Then a container's port proxy or the like hides their real ones. */
export class SingleSource {
  #address: string | undefined;
  #clients = 0;
  #isKnown = false;

  /** Counts a client. Returns true once: when it is time to warn. */
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
