import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Protects the local host. Every other program and web page on this machine can reach the port. So no request is
 * answered without the session cookie, and the cookie is given only for the one-time token in the link. The Host header
 * is checked against DNS rebinding; Origin and Sec-Fetch-Site are checked against other pages in the same browser.
 */
export class Guard {
  readonly #cookieName: string
  readonly #hosts: ReadonlySet<string>
  readonly #sessions = new Set<string>()
  readonly #tokens = new Set<string>()
  readonly #port: number

  constructor(port: number) {
    this.#port = port
    // Cookies are shared between ports, so two Karyons on one machine need different cookie names.
    this.#cookieName = `karyon-${port}`
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`])
  }

  /** Returns a new link. It opens once. */
  link(): string {
    const token = secret()
    this.#tokens.add(digest(token))
    return `http://127.0.0.1:${this.#port}/open?token=${token}`
  }

  /** Checks a request's headers. Returns why it is refused, or undefined if it is not. */
  refusal(request: Request): { status: number; reason: string } | undefined {
    if (!this.#hosts.has(request.headers.get('host') ?? '')) return { status: 403, reason: 'Wrong Host.' }
    const origin = request.headers.get('origin')
    if (origin !== null && !this.#hosts.has(origin.replace(/^http:\/\//, '')))
      return { status: 403, reason: 'Foreign Origin.' }
    const site = request.headers.get('sec-fetch-site')
    const isLink = request.method === 'GET' && new URL(request.url).pathname === '/open'
    if (site !== null && site !== 'same-origin' && site !== 'none' && !isLink)
      return { status: 403, reason: 'Foreign page.' }
    return undefined
  }

  /** Exchanges a link's token for a Set-Cookie value. Each token works once; returns undefined for any other token. */
  redeem(token: string): string | undefined {
    if (!this.#tokens.delete(digest(token))) return undefined
    const session = secret()
    this.#sessions.add(digest(session))
    return `${this.#cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`
  }

  /** Returns true if a request carries the cookie of a session. */
  isKnown(request: Request): boolean {
    const value = cookieOf(request.headers.get('cookie') ?? '', this.#cookieName)
    if (value === undefined) return false
    const given = Buffer.from(digest(value))
    return [...this.#sessions].some((session) => timingSafeEqual(Buffer.from(session), given))
  }
}

const secret = () => randomBytes(32).toString('base64url')
const digest = (text: string) => createHash('sha256').update(text).digest('hex')

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key, ...value] = pair.trim().split('=')
    if (key === name) return value.join('=')
  }
  return undefined
}
