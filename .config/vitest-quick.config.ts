import { defineConfig } from 'vitest/config';
import { quickTests } from './test-tiers.ts';
import whole from './vitest.config.ts';

/** `npm run test:quick`: what starts no program, opens no pseudo-terminal, and makes no network. */
export default defineConfig({ ...whole, test: { ...whole.test, include: quickTests(), maxWorkers: 6 } });
