import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** Suites that need minutes or a real PostgreSQL; `.ci/run` gives them what they need. One file at a time: they share the machine. */
const merged = mergeConfig(base, defineConfig({ test: { maxWorkers: 1, fileParallelism: false, testTimeout: 300_000, hookTimeout: 300_000 } }));
export default { ...merged, test: { ...merged.test, include: ['test/long/**/*.test.ts'], exclude: ['**/node_modules/**', 'dist/**'] } };
