/** Headers of every response. They forbid loading, running or framing foreign content, and sending data elsewhere. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

/** For RPC answers, the state and anything else that changes. */
export const uncached = { 'cache-control': 'no-store' } as const

/**
 * For content that never changes at its address, cached for this session. Slide numbers mean different slides in
 * different projects, so the address names the opening. Different hosts may use the same port one after another, so the
 * session's cookie is part of the cache key.
 */
export const cached = { 'cache-control': 'private, max-age=86400, immutable', vary: 'Cookie' } as const

export const plain = (status: number, text: string): Response =>
  new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...uncached } })
