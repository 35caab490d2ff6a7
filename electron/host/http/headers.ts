/** Headers of every response. Nothing from elsewhere is loaded, run or framed, and nothing is sent elsewhere. */
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

/** Control, state, anything that changes. */
export const uncached = { 'cache-control': 'no-store' } as const

/**
 * Content whose address names it, for this session. Slide numbers mean other slides in another project: the address names
 * the opening. A port may serve one host after the other: the session's cookie is part of the cache's key.
 */
export const cached = { 'cache-control': 'private, max-age=86400, immutable', vary: 'Cookie' } as const

export const plain = (status: number, text: string): Response =>
  new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...uncached } })
