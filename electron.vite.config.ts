import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import { dependencies } from './package.json'

const at = (path: string) => resolve(import.meta.dirname, path)
/**
 * Swagger UI is files, pino starts a thread from one of its own, and the updater is loaded where somebody wants it. What
 * else the main process uses is bundled: it starts sooner and takes less memory.
 */
const NOT_BUNDLED = ['@fastify/swagger-ui', 'electron-updater', 'pino', 'pino-pretty']
const bundled = Object.keys(dependencies).filter((name) => !NOT_BUNDLED.includes(name))
const devApi = process.env.RAFT3D_DEV_API ?? 'http://127.0.0.1:8080'

export default defineConfig(({ command }) => {
  // electron-vite looks only for electron/path.txt, which Electron ≥ 42 writes on its first run; electron's own index.js knows more.
  if (command === 'serve') process.env.ELECTRON_EXEC_PATH ??= createRequire(import.meta.url)('electron') as string
  return {
    main: {
      build: {
        outDir: 'out/main',
        externalizeDeps: { exclude: bundled },
        // The same files run in plain Node ≥ 20.19.
        target: 'node20.19',
        sourcemap: true,
        rolldownOptions: {
          input: { index: at('src-main/index.ts'), worker: at('src-main/shell/worker.ts') },
          output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' }
        }
      }
    },
    preload: {
      build: {
        outDir: 'out/preload',
        // A sandboxed preload is one CommonJS file.
        externalizeDeps: false,
        rolldownOptions: {
          input: { preload: at('src-main/shell/preload.ts') },
          output: { format: 'cjs', entryFileNames: '[name].cjs' }
        }
      }
    },
    renderer: {
      root: at('src-renderer'),
      plugins: [
        vue(),
        tailwindcss(),
        // electron-vite forces './'; history routing served from '/' needs absolute paths.
        { name: 'absolute-base', enforce: 'post', config: () => ({ base: '/' }) }
      ],
      resolve: { alias: { '@': at('src-renderer'), '@contract': at('src-main/contract') } },
      server: {
        host: '127.0.0.1',
        port: 5173,
        strictPort: true,
        proxy: { '/api': { target: devApi, changeOrigin: true } }
      },
      build: {
        outDir: 'out/renderer',
        minify: true,
        rolldownOptions: { input: { index: at('src-renderer/index.html') }, checks: { bundlerTimings: false } }
      }
    }
  }
})
