/**
 * Runs before every build. A checkout brings a Node for Linux on x64 and arm64;
 * elsewhere the machine has to have one that is new enough, and this says so.
 * In syntax that an old Node can still read.
 */
'use strict';

const [, needed] = /^>=([\d.]+)$/.exec(require('../package.json').engines.node);
const [major, minor] = process.versions.node.split('.').map(Number);
const [neededMajor, neededMinor] = needed.split('.').map(Number);

if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
  process.stderr.write(
    `A build needs Node ${needed} or newer, and this is ${process.versions.node}: install one and try again. "npm ci" brings one along for Linux on x64 and arm64 only.\n`,
  );
  process.exitCode = 1;
}
