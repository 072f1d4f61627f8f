/** Makes a lab with a program in it, prints their process ids, and waits to be killed. */
import { createLab } from '../../../source/lab/lab.ts';

const lab = await createLab({
  sites: { alice: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } },
});
const inside = lab.hosts['alice']!.spawn(['sh', '-c', 'readlink /proc/self/ns/net; sleep 1000']);
inside.stdout.on('data', (data) => {
  process.stdout.write(`${JSON.stringify({ owner: lab.pid, network: String(data).trim() })}\n`);
});
