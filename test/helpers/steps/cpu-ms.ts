import process from 'node:process';

/** What this process has worked so far, ms: unlike the time that has passed, no matter what else the machine does. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
