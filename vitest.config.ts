import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    // They need a browser or a Redis server, which a machine with Node alone lacks; each has a config of its own.
    exclude: [...configDefaults.exclude, 'tests/browser/**', 'tests/redis/**'],
    globalSetup: ['src/testing/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // What a file imports stays for the next: a quarter of the time went into importing the same again.
    isolate: false,
    // One more than the cores of a small machine: much of a test is waiting.
    maxWorkers: 3,
  },
})
