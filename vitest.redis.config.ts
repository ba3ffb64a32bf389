import { defineConfig } from 'vitest/config'

/** The queues on Redis: needs a server of one's own, named by REDIS_URL. */
export default defineConfig({
  test: {
    include: ['tests/redis/**/*.test.ts'],
    globalSetup: ['src/testing/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
