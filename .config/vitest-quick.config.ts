import { defineConfig } from 'vitest/config';
import { quickTests } from './test-tiers.ts';
import whole from './vitest.config.ts';

/** `npm run test:quick`: what needs no pseudo-terminal, no network of its own and no built program. */
export default defineConfig({ ...whole, test: { ...whole.test, include: quickTests() } });
