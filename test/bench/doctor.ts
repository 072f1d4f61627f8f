import { fileURLToPath } from 'node:url';
import type { DoctorReport } from '../../source/nat/doctor-report.ts';
import { createLab } from '../../source/lab/lab.ts';
import { siteKinds } from '../../source/lab/plan/site-kinds.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';
import type { Figure } from './figure.ts';

const WITHIN_MS = 5000;
const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));
const line = { delayMs: 20 };

/** How long the doctor takes behind each kind of NAT, one at a time. */
export async function doctor(): Promise<Figure[]> {
  const sites = Object.fromEntries(
    Object.values(siteKinds).map(({ site }, n) => [`site-${n}`, { ...site, line }]),
  );
  const lab = await createLab({ sites });
  try {
    const { rendezvous, ...hosts } = lab.hosts;
    if (rendezvous === undefined) {
      throw new Error('the lab lacks a rendezvous');
    }
    const [first, second = ''] = rendezvous.addresses;
    const server = runPunchline(rendezvous, ['serve', '--log-level', 'silent', '--probe-host', second]);
    await server.line('listening');
    const times: number[] = [];
    for (const host of Object.values(hosts)) {
      const { stdout, stderr } = await host.exec([
        process.execPath,
        program,
        'doctor',
        '--json',
        '--server',
        String(first),
      ]);
      if (stdout === '') {
        throw new Error(`the doctor of ${host.name} says: ${stderr}`);
      }
      times.push((JSON.parse(stdout) as DoctorReport).ms);
    }
    return [{ name: 'doctor: worst of all kinds of NAT, ms', value: Math.max(...times), atMost: WITHIN_MS }];
  } finally {
    await lab.close();
  }
}
