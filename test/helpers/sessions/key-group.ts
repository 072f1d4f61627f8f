/**
 * The key exchange that two programs on this version of Node agree on. Node 22
 * brings OpenSSL 3.0, which has no post-quantum one. OpenSSL 3.5 has.
 */
export const keyGroup = Number.parseFloat(process.versions.openssl) >= 3.5 ? 'X25519MLKEM768' : 'X25519';
