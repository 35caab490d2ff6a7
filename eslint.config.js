import js from '@eslint/js'
import globals from 'globals'
import importX from 'eslint-plugin-import-x'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import tseslint from 'typescript-eslint'
import vue from 'eslint-plugin-vue'

/**
 * Who may import whom. A room may import itself and what stands beside its name; everything else is an error.
 * models/ is further kept free of DOM and Node by its own tsconfig.
 */
const mayImport = {
  './models': [],
  './electron/contract': [],
  './electron/slides': ['electron/contract', 'models'],
  './electron/store': ['electron/contract', 'models'],
  './electron/formats': ['electron/contract', 'models'],
  './electron/demo': ['electron/contract', 'electron/formats', 'models'],
  './electron/engine': ['electron/contract', 'models', 'electron/slides', 'electron/formats'],
  './electron/host': ['electron/contract', 'electron/slides', 'electron/store', 'electron/formats', 'electron/launch'],
  './renderer': ['electron/contract'],
}

const zones = Object.entries(mayImport).map(([target, others]) => ({
  target,
  from: ['./models', './electron', './renderer'],
  // `except` is relative to each `from`; absolute room names keep the table readable.
  except: [target.slice(2), ...others],
}))
const roomZones = zones.flatMap(({ target, except }) =>
  ['models', 'electron', 'renderer'].map((from) => ({
    target,
    from: `./${from}`,
    except: except
      .filter((room) => room === from || room.startsWith(`${from}/`))
      .map((room) => `./${room.slice(from.length + 1)}`),
    message: `${target} may import only: ${except.join(', ')} (table in eslint.config.js)`,
  })),
)

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'test-results/**', 'playwright-report/**', 'release/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.{ts,cts,vue}'],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        // Root configuration files belong to no project of their own.
        projectService: { allowDefaultProject: ['*.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ project: ['models', 'electron', 'renderer', 'tests'] }),
      ],
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones: roomZones, basePath: import.meta.dirname }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      'no-console': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['electron/**', 'models/**', 'renderer/**'],
    ignores: ['electron/main.ts', 'electron/preload.cts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'electron', message: 'Only electron/main.ts and preload.cts may import electron.' }],
        },
      ],
    },
  },
  {
    files: ['electron/**'],
    ignores: ['electron/engine/**', 'electron/main.ts', 'electron/preload.cts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'electron', message: 'Only electron/main.ts and preload.cts may import electron.' },
            { name: 'onnxruntime-node', message: 'Only the engine runs onnxruntime.' },
          ],
        },
      ],
    },
  },
  // Electron gives a sandboxed preload nothing but CommonJS.
  { files: ['electron/preload.cts'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    files: ['renderer/**/*.vue', 'renderer/**/*.ts'],
    languageOptions: { globals: globals.browser },
    rules: {
      'vue/multi-word-component-names': 'off',
      // Layout is Prettier's business.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'no-undef': 'off',
    },
  },
  { files: ['**/*.js'], languageOptions: { globals: globals.node } },
)
