/** Type of every component in the tests of stores. The renderer's own project checks the components. */
declare module '*.vue' {
  import type { Component } from 'vue'
  const component: Component
  export default component
}
