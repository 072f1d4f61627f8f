/** Makes a lab, watches one dial in it, and prints all events. */
import { createLab } from '../../../source/lab/lab.ts';
import { watchableLab, watchLab } from '../../../source/lab/watch/watch-lab.ts';

const description = {
  sites: { alice: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } },
} as const;
const lab = await createLab(description);
const watch = await watchLab(watchableLab('mine', description, lab), {
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
});
const [address = ''] = lab.hosts['rendezvous']?.addresses ?? [];
const dial = `require('net').connect(9, '${address}').on('error', () => process.exit())`;
await lab.hosts['alice']?.exec([process.execPath, '-e', dial]);
await watch.close();
await lab.close();
