export { browserFlags, browserPath } from '../../bench/findBrowser.ts'
