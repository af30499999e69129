import { resolve } from 'node:path'
import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript'
import prettier from 'eslint-config-prettier'
import pluginVue from 'eslint-plugin-vue'
import { globalIgnores } from 'eslint/config'

/** Which folders of src-main each folder may import, besides itself. What is not listed here is refused. */
const MAY_IMPORT = {
  contract: [],
  raft: [],
  farm: ['contract'],
  storage: ['raft'],
  transport: ['raft', 'storage', 'security'],
  security: ['raft', 'contract'],
  runtime: ['raft', 'storage', 'transport', 'farm', 'contract'],
  api: ['runtime', 'farm', 'contract', 'raft', 'discovery', 'security'],
  discovery: ['contract'],
  membership: ['runtime', 'security', 'transport', 'storage', 'discovery', 'farm', 'raft', 'contract', 'api'],
  // It starts the node, and sees its handle.
  shell: ['contract', 'api', 'farm']
}

const folders = Object.keys(MAY_IMPORT)
const directions = folders.map((folder) => ({
  files: [`src-main/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...folders
            .filter((other) => other !== folder && !MAY_IMPORT[folder].includes(other))
            .map((other) => ({
              group: [`**/${other}/**`, `!./**`],
              message: `${folder}/ may not import ${other}/ (ARCHITECTURE.md).`
            })),
          ...(folder === 'shell'
            ? []
            : [{ group: ['**/node', '**/config', '**/index'], message: 'Only the composition root sees everything.' }]),
          ...(folder === 'shell'
            ? []
            : [{ group: ['electron', 'electron/*'], message: 'Only shell/ imports electron.' }]),
          ...(['raft', 'farm', 'contract'].includes(folder)
            ? [{ group: ['node:*', 'fs', 'crypto', 'timers'], message: `${folder}/ is pure.` }]
            : [])
        ]
      }
    ]
  }
}))

export default defineConfigWithVueTs(
  { basePath: resolve(import.meta.dirname, '..') },
  globalIgnores(['out/**', 'dist/**', 'node_modules/**']),
  { files: ['**/*.{ts,vue}'] },
  pluginVue.configs['flat/recommended'],
  vueTsConfigs.recommended,
  prettier,
  {
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }]
    }
  },
  {
    files: ['src-main/raft/**/*.ts', 'src-main/farm/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'Buffer',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'queueMicrotask',
        'performance',
        'crypto'
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes in with the input.' },
        { object: 'Math', property: 'random', message: 'Randomness comes in with the input.' }
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: ':matches(NewExpression[arguments.length=0], CallExpression)[callee.name="Date"]',
          message: 'Time comes in with the input.'
        }
      ]
    }
  },
  {
    files: ['src-renderer/**/*.{ts,vue}'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: 'src-main/(?!contract)', message: 'The renderer knows contract/ only.' }] }
      ]
    }
  },
  { files: ['src-renderer/ui/**', 'src-renderer/App.vue'], rules: { 'vue/multi-word-component-names': 'off' } },
  { files: ['test/**', 'src-main/launch.mjs', '.config/**'], rules: { 'no-console': 'off' } },
  ...directions
)
