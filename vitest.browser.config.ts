import { defineConfig } from 'vitest/config'

/** The pages in a real browser: needs a Chromium on the machine, named by CHROMIUM_PATH. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: ['src/testing/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
