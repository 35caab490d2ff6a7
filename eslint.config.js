import js from '@eslint/js'
import globals from 'globals'
import tseslint from 'typescript-eslint'
import vue from 'eslint-plugin-vue'
import { rooms } from './eslint.rooms.js'

export default tseslint.config(
  {
    ignores: ['dist/**', 'node_modules/**', 'test-results/**', 'test-reports/**', 'playwright-report/**', 'release/**'],
  },
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
    plugins: { rooms },
    rules: {
      'rooms/imports': 'error',
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
    ignores: ['electron/main.ts', 'electron/shell/**', 'electron/preload.cts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'electron', message: 'Only main.ts, shell/ and preload.cts may import electron.' }],
        },
      ],
    },
  },
  {
    files: ['electron/**'],
    ignores: ['electron/engine/**', 'electron/main.ts', 'electron/shell/**', 'electron/preload.cts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'electron', message: 'Only main.ts, shell/ and preload.cts may import electron.' },
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
