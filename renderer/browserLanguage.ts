/**
 * Under the C locale Chromium calls its language "en-US@posix", which is no language tag. uPlot asks for number formats in
 * it as soon as it is loaded, and the page would stay empty. Imported before all else.
 */
try {
  new Intl.NumberFormat(globalThis.navigator?.language)
} catch {
  const language = navigator.language.split('@')[0]
  Object.defineProperty(navigator, 'language', { configurable: true, get: () => language })
}
