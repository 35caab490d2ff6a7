/** Largest request body, bytes. A million nucleus ids as JSON take about 8 MB. */
export const largestRequest = 64 * 1024 * 1024

/**
 * Reads a request with `answer`, and refuses it with 413 if its body is larger than `most` bytes: at once where its
 * length is said, else as soon as more has arrived. No more than `most` bytes are ever kept.
 */
export async function withinLimit(
  request: Request,
  answer: (request: Request) => Promise<Response>,
  most = largestRequest,
): Promise<Response> {
  if (Number(request.headers.get('content-length') ?? 0) > most) return tooLarge(most)
  if (!request.body) return answer(request)
  let bytes = 0
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      bytes += piece.byteLength
      if (bytes > most) controller.error(new Error('The body is too large.'))
      else controller.enqueue(piece)
    },
  })
  const body = request.body.pipeThrough(counter)
  // The reader of the body only sees that it broke off, and would call the request malformed.
  const init = { body, duplex: 'half' as const }
  const response = await answer(new Request(request, init))
  return bytes > most ? tooLarge(most) : response
}

/** Closes the connection, because the rest of the body is still on its way. */
const tooLarge = (most: number): Response =>
  new Response(`A request may hold at most ${most / 1024 / 1024} MB.\n`, {
    status: 413,
    headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
  })
