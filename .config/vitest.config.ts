import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const root = resolve(import.meta.dirname, '..')
/** Vitest by itself leaves one core free, which on two is half of them. */
const maxWorkers = availableParallelism()
const alias = { '@': resolve(root, 'src-renderer'), '@contract': resolve(root, 'src-main/contract') }

/**
 * unit: pure and fast; component: Vue in happy-dom; integration: real processes, in a short form; trials: the same in
 * full and what takes root on Linux, for half an hour; e2e: Chromium and Electron.
 */
export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        resolve: { alias },
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/component/**', 'test/e2e/**'],
          testTimeout: 60_000,
          maxWorkers
        }
      },
      {
        root,
        plugins: [vue()],
        resolve: { alias },
        test: { name: 'component', environment: 'happy-dom', include: ['test/component/**/*.test.ts'], maxWorkers }
      },
      {
        root,
        resolve: { alias },
        test: {
          name: 'integration',
          environment: 'node',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // They wait more than they work; three clusters at once are what two cores carry.
          maxWorkers: 3,
          sequence: { groupOrder: 1 }
        }
      },
      {
        root,
        resolve: { alias },
        test: {
          name: 'trials',
          environment: 'node',
          include: ['test/integration/**/*.{test,trial}.ts'],
          exclude: ['test/integration/process.test.ts'],
          env: { RAFT3D_TRIAL: 'full' },
          globalSetup: 'test/support/trial-table.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false
        }
      },
      {
        root,
        resolve: { alias },
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false
        }
      }
    ]
  }
})
