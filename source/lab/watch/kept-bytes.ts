/**
 * How much of each packet a capture keeps: the cooked header, and the headers of an
 * ICMP error over IPv6 with the packet that it is about.
 */
export const KEPT_BYTES = 128;
