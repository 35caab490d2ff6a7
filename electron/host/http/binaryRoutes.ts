import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import {
  attempt,
  encodeAttention,
  encodeDrawn,
  encodeNucleusMap,
  encodeTissue,
  FailureError,
  type Failure,
  type FailureKind,
} from '../../contract/index.ts'
import { elsewhere } from '../project/elsewhere.ts'
import { exportFormats, exportName } from '../edits/exporting.ts'
import { cached, plain, uncached } from './headers.ts'
import { pictureOf, strip } from './thumbnails.ts'
import type { Workbench } from '../project/workbench.ts'

type Answer = (
  workbench: Workbench,
  parts: Record<string, string>,
  query: URLSearchParams,
  signal: AbortSignal,
) => Response | Promise<Response>

const routes: readonly { readonly pattern: URLPattern; readonly answer: Answer }[] = [
  { pattern: at('/slides/:slide(\\d+)/tiles/:level(\\d+)/:x(\\d+)_:y(\\d+)'), answer: tile },
  { pattern: at('/slides/:slide(\\d+)/pictures/:size(\\d+)/:side(\\d+)/:places([\\d_,\\-]+)'), answer: pictures },
  { pattern: at('/slides/:slide(\\d+)/thumbnail/:side(\\d+)'), answer: thumbnail },
  { pattern: at('/slides/:slide(\\d+)/chunks'), answer: chunks },
  { pattern: at('/slides/:slide(\\d+)/chunks/:chunk(\\d+)/:part(head|outlines)'), answer: chunk },
  { pattern: at('/slides/:slide(\\d+)/chunks/:chunk(\\d+)/shown'), answer: shownOfChunk },
  { pattern: at('/slides/:slide(\\d+)/drawn'), answer: drawn },
  { pattern: at('/slides/:slide(\\d+)/shown'), answer: shown },
  { pattern: at('/slides/:slide(\\d+)/predicted'), answer: predicted },
  { pattern: at('/slides/:slide(\\d+)/tissue'), answer: tissue },
  { pattern: at('/slides/:slide(\\d+)/map'), answer: map },
  { pattern: at('/slides/:slide(\\d+)/nuclei/:nucleus(\\d+)/attention'), answer: attention },
  {
    pattern: at(`/slides/:slide(\\d+)/export/:format(${exportFormats.map((f) => f.replace('.', '\\.')).join('|')})`),
    answer: download,
  },
  { pattern: at('/models/:model/card'), answer: card },
]

/** Answers the binary routes of the contract (GET) for one opening of a project; undefined where none matches. */
export async function binaryResponse(
  workbench: Workbench,
  request: Request,
  opening: number,
  path: string,
): Promise<Response | undefined> {
  const { searchParams } = new URL(request.url)
  for (const { pattern, answer } of routes) {
    const match = pattern.exec({ pathname: path })
    if (!match) continue
    if (request.method !== 'GET') return plain(405, 'Only GET here.')
    if (opening !== workbench.opening) return failed(elsewhere(workbench).failure)
    const signal = AbortSignal.any([request.signal, workbench.closing])
    const parts = match.pathname.groups as Record<string, string>
    const result = await attempt(() => answer(workbench, parts, searchParams, signal)).catch((error: unknown) => {
      if (!workbench.closing.aborted) throw error
      return { ok: false, failure: elsewhere(workbench).failure } as const
    })
    return result.ok ? result.value : failed(result.failure)
  }
  return undefined
}

async function tile(
  workbench: Workbench,
  { slide, level, x, y }: Record<string, string>,
  _query: URLSearchParams,
  signal: AbortSignal,
): Promise<Response> {
  const { mime, bytes } = await workbench.tile(Number(slide), Number(level), Number(x), Number(y), signal)
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': mime, ...cached } })
}

/** Longest side of a thumbnail: larger pictures are for tiles. */
const longestSide = 512

function sideOf(side: string): number {
  const px = Number(side)
  if (px >= 1 && px <= longestSide) return px
  throw new FailureError('invalid-input', `A thumbnail has 1 to ${longestSide} pixels a side; asked were ${side}.`)
}

async function pictures(
  { bench }: Workbench,
  { slide, size, side, places }: Record<string, string>,
  _query: URLSearchParams,
  signal: AbortSignal,
): Promise<Response> {
  const corners = places.split(',').map((place) => {
    const corner = /^(-?\d+)_(-?\d+)$/.exec(place)
    if (!corner) throw new FailureError('invalid-input', `A place is x_y in level-0 pixels; asked was "${place}".`)
    return { x: Number(corner[1]), y: Number(corner[2]) }
  })
  const reader = await bench.slides.reader(Number(slide))
  const { mime, bytes, isWhole } = await strip(reader, corners, Number(size), sideOf(side), signal)
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': mime, ...(isWhole ? cached : uncached) } })
}

async function thumbnail(
  { bench }: Workbench,
  { slide, side }: Record<string, string>,
  _query: URLSearchParams,
  signal: AbortSignal,
): Promise<Response> {
  const { width, height } = bench.project.slides.get(Number(slide)).info
  const scale = sideOf(side) / Math.max(width, height)
  const [w, h] = [width, height].map((length) => Math.max(1, Math.round(length * scale)))
  const reader = await bench.slides.reader(Number(slide))
  const { mime, bytes } = await pictureOf(reader, { x: 0, y: 0, width, height }, w, h, signal)
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': mime, ...cached } })
}

function chunks({ bench }: Workbench, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const { nucleiVersion } = bench.project.slides.get(Number(slide))
  const caching = query.get('v') === String(nucleiVersion) ? cached : uncached
  return Response.json(bench.project.nuclei.chunks.of(Number(slide)), { headers: caching })
}

/** Bytes go out as they lie in the project: the browser unpacks them. A chunk never changes. */
function chunk({ bench }: Workbench, parts: Record<string, string>): Response {
  const part = parts.part === 'head' ? 'head' : 'outlines'
  const bytes = bench.project.nuclei.chunks.bytes(Number(parts.slide), Number(parts.chunk), part)
  return new Response(new Uint8Array(bytes), {
    headers: { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip', ...cached },
  })
}

function drawn({ bench }: Workbench, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const { outlines } = bench.project.nuclei
  const { nucleiVersion } = bench.project.slides.get(Number(slide))
  const { nuclei } = outlines.drawnOn(Number(slide))
  const replaced = Uint32Array.from(outlines.of(Number(slide)).keys())
  return columns(encodeDrawn({ nuclei, replaced }), nucleiVersion, query)
}

function shownOfChunk({ bench }: Workbench, parts: Record<string, string>, query: URLSearchParams): Response {
  const { shownVersion } = bench.views.summary(Number(parts.slide))
  return columns(bench.views.shownOfChunk(Number(parts.slide), Number(parts.chunk)), shownVersion, query)
}

function shown({ bench }: Workbench, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const { shownVersion } = bench.views.summary(Number(slide))
  return columns(bench.views.shown(Number(slide)), shownVersion, query)
}

function predicted({ bench }: Workbench, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const { shownVersion } = bench.views.summary(Number(slide))
  return columns(bench.views.predicted(Number(slide)), shownVersion, query)
}

/** Changes with the regions that people mark, which have no version: it is never kept. */
async function tissue({ bench }: Workbench, { slide }: Record<string, string>): Promise<Response> {
  bench.project.slides.get(Number(slide))
  const bytes = encodeTissue(await bench.tissue.outlines(Number(slide)))
  return new Response(bytes, { headers: { 'content-type': 'application/octet-stream', ...uncached } })
}

function map({ bench }: Workbench, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const kept = bench.maps.get(bench.project.slides.get(Number(slide)).id)
  if (!kept) throw new FailureError('not-found', 'There is no map of this slide yet. Make one first.')
  return columns(encodeNucleusMap(kept.map), kept.summary.version, query)
}

async function attention(workbench: Workbench, { slide, nucleus }: Record<string, string>): Promise<Response> {
  workbench.bench.project.slides.get(Number(slide))
  const bytes = encodeAttention(await workbench.attention(Number(slide), Number(nucleus)))
  return new Response(bytes, { headers: { 'content-type': 'application/octet-stream', ...uncached } })
}

/** An address with another version than the content's must not be kept under that name. */
function columns(bytes: Uint8Array<ArrayBuffer>, version: number, query: URLSearchParams): Response {
  const caching = query.get('v') === String(version) ? cached : uncached
  const headers = { 'content-type': 'application/octet-stream', 'x-version': String(version), ...caching }
  return new Response(bytes, { headers })
}

function download(workbench: Workbench, { slide, format }: Record<string, string>): Response {
  const kind = exportFormats.find((f) => f === format) ?? 'geojson'
  const text = Readable.from(inPieces(workbench.exportText(Number(slide), kind)))
  // A project that is closed meanwhile breaks the download off: no half a file is taken for a whole.
  const body = kind === 'geojson.gz' ? pipeline(text, createGzip(), () => undefined) : text
  const name = encodeURIComponent(`${exportName(workbench.bench, Number(slide))}.${kind}`)
  return new Response(Readable.toWeb(body) as ReadableStream<Uint8Array>, {
    headers: {
      'content-type':
        kind === 'csv' ? 'text/csv; charset=utf-8' : kind === 'geojson' ? 'application/geo+json' : 'application/gzip',
      'content-disposition': `attachment; filename*=UTF-8''${name}`,
      ...uncached,
    },
  })
}

function card({ bench }: Workbench, { model }: Record<string, string>): Response {
  const text = bench.models.get(decodeURIComponent(model)).card
  return new Response(text, { headers: { 'content-type': 'text/markdown; charset=utf-8', ...uncached } })
}

/** Short texts joined: a stream turn per nucleus costs more than its text. */
function* inPieces(texts: Iterable<string>): Generator<Uint8Array> {
  const length = 65_536
  let text = ''
  for (const piece of texts) {
    text += piece
    if (text.length < length) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text) yield Buffer.from(text)
}

const statusOf: Partial<Record<FailureKind, number>> = { 'not-found': 404, 'invalid-input': 400, closed: 410 }

const failed = (failure: Failure): Response =>
  Response.json(failure, { status: statusOf[failure.kind] ?? 422, headers: uncached })

function at(pathname: string): URLPattern {
  return new URLPattern({ pathname })
}
