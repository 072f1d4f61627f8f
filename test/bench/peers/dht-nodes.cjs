/**
 * A DHT of its own: a bootstrap node, and further nodes, in turn on each address, because a client learns what its NAT
 * does from several. `dht-nodes.cjs FOLDER NODES ADDRESS…`
 */
const { createRequire } = require('node:module');
const { join } = require('node:path');

const BOOTSTRAP_PORT = 49_737;

const [folder, nodes, ...addresses] = process.argv.slice(2);
const DHT = createRequire(join(folder, 'package.json'))('hyperdht');

async function start() {
  const bootstrap = [{ host: addresses[0], port: BOOTSTRAP_PORT }];
  await DHT.bootstrapper(BOOTSTRAP_PORT, addresses[0]).ready();
  for (let n = 1; n <= Number(nodes); n += 1) {
    const node = new DHT({
      host: addresses[n % addresses.length],
      port: BOOTSTRAP_PORT + n,
      bootstrap,
      ephemeral: false,
      firewalled: false,
    });
    await node.fullyBootstrapped();
  }
  process.stdout.write(`ready ${addresses[0]}:${BOOTSTRAP_PORT}\n`);
}

void start();
