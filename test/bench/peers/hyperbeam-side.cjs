/**
 * One side of hyperbeam, as its own program is, but with a DHT of the lab: that program takes no address of a DHT.
 * `hyperbeam-side.cjs FOLDER BOOTSTRAP announce|connect KEY`
 */
const { createRequire } = require('node:module');
const { join } = require('node:path');

const [folder, bootstrap, task, key] = process.argv.slice(2);
const installed = createRequire(join(folder, 'package.json'));
const Hyperbeam = installed('hyperbeam');
const DHT = installed('hyperdht');

const dht = new DHT({ bootstrap: bootstrap.split(','), ephemeral: true });
const beam = new Hyperbeam(key, { announce: task === 'announce', dht });
beam.on('remote-address', () => process.stderr.write('ready\n'));
beam.on('error', ({ message }) => {
  process.stderr.write(`failed: ${message}\n`);
  process.exit(1);
});
beam.on('end', () => beam.end());
process.stdin.pipe(beam).pipe(process.stdout);
