/** Makes a client learn its peer later than the other one does, which no delay of a line can do. */

/**
 * Rules for the internet of a lab. From the first word of the rendezvous to a
 * site, they drop all its words to that site for a time. TCP sends them again,
 * so they arrive a little later than that, and nothing else is delayed. The
 * handshake has no word in it.
 *
 * Without them, the server releases both clients at once, and as every packet
 * passes the same lines, the SYN of each reaches the other's NAT after that one
 * has opened.
 */
export function lateGreetingRules(site: string, lateMs: number): string {
  return `table ip late {
  set greeted { type ipv4_addr; size 16; flags dynamic; }
  set held { type ipv4_addr; size 16; flags dynamic, timeout; timeout ${lateMs}ms; }
  chain forward {
    type filter hook forward priority -250;
    iifname "rendezvous" oifname "${site}" tcp sport 8877 tcp flags & (psh | fin) != 0 jump words
  }
  chain words {
    ip daddr @held drop
    ip daddr @greeted accept
    add @greeted { ip daddr }
    add @held { ip daddr }
    drop
  }
}
`;
}
