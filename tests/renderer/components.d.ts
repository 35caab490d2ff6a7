/** Components are checked in the renderer's own project; tests of stores only pass by them. */
declare module '*.vue' {
  import type { Component } from 'vue'
  const component: Component
  export default component
}
