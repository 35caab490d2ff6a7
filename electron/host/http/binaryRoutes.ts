import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import {
  attempt,
  encodeAttention,
  encodeDrawn,
  encodeMeasured,
  encodeNucleusMap,
  encodeShown,
  encodeTissue,
  FailureError,
  message,
  type Failure,
  type FailureKind,
} from '../../contract/index.ts'
import { elsewhere } from '../project/elsewhere.ts'
import { exporterOf, extensionOf, inChunks } from '../../formats/index.ts'
import { countsTable } from '../edits/countsTable.ts'
import { measureNuclei } from '../edits/measuring.ts'
import { exportContent, exportName } from '../edits/exporting.ts'
import { cached, plain, uncached } from './headers.ts'
import { pictureOf, strip } from './thumbnails.ts'
import type { OpenProject } from '../project/projects.ts'

type Answer = (
  open: OpenProject,
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
  { pattern: at('/slides/:slide(\\d+)/drawn'), answer: drawn },
  { pattern: at('/slides/:slide(\\d+)/shown'), answer: shown },
  { pattern: at('/slides/:slide(\\d+)/predicted'), answer: predicted },
  { pattern: at('/slides/:slide(\\d+)/tissue'), answer: tissue },
  { pattern: at('/slides/:slide(\\d+)/map'), answer: map },
  { pattern: at('/slides/:slide(\\d+)/measured'), answer: measured },
  { pattern: at('/slides/:slide(\\d+)/nuclei/:nucleus(\\d+)/attention'), answer: attention },
  { pattern: at('/slides/:slide(\\d+)/export/:format'), answer: download },
  { pattern: at('/slides/:slide(\\d+)/counts'), answer: counts },
  { pattern: at('/evidence'), answer: evidencePack },
  { pattern: at('/results.csv'), answer: results },
  { pattern: at('/models/:model/card'), answer: card },
]

/** Answers the contract's binary routes (GET) for one opening of a project. Returns undefined if none matches. */
export async function binaryResponse(
  open: OpenProject,
  request: Request,
  opening: number,
  path: string,
): Promise<Response | undefined> {
  if (!isDecodable(path)) return plain(400, 'Bad path.')
  const { searchParams } = new URL(request.url)
  for (const { pattern, answer } of routes) {
    const match = pattern.exec({ pathname: path })
    if (!match) continue
    if (request.method !== 'GET') return plain(405, 'Only GET here.')
    const { workbench, context } = open
    if (opening !== workbench.opening) return failed(elsewhere(workbench).failure)
    const signal = AbortSignal.any([request.signal, context.closing.signal])
    const parts = match.pathname.groups as Record<string, string>
    const result = await attempt(() => answer(open, parts, searchParams, signal)).catch((error: unknown) => {
      if (!context.closing.signal.aborted) throw error
      return { ok: false, failure: elsewhere(workbench).failure } as const
    })
    return result.ok ? result.value : failed(result.failure)
  }
  return undefined
}

/** Returns whether a path's %-escapes are UTF-8. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

async function tile(
  { workbench, context }: OpenProject,
  { slide, level, x, y }: Record<string, string>,
  _query: URLSearchParams,
  signal: AbortSignal,
): Promise<Response> {
  const reader = await context.slides.reader(Number(slide))
  const { mime, bytes } = await reader.tile(Number(level), Number(x), Number(y), signal).catch((error: unknown) => {
    // The library's process ended. The next try may give this tile, so it is said here and not with the tile.
    if (error instanceof FailureError && error.failure.kind === 'engine')
      workbench.notice('warning', error.failure.message)
    throw error
  })
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': mime, ...cached } })
}

/** Longest side of a thumbnail, px. Larger pictures are shown as tiles. */
const longestSide = 512

function sideOf(side: string): number {
  const px = Number(side)
  if (px >= 1 && px <= longestSide) return px
  throw new FailureError('invalid-input', message('thumbnailSize', { most: longestSide, side: String(side) }))
}

async function pictures(
  { context }: OpenProject,
  { slide, size, side, places }: Record<string, string>,
  _query: URLSearchParams,
  signal: AbortSignal,
): Promise<Response> {
  const corners = places.split(',').map((place) => {
    const corner = /^(-?\d+)_(-?\d+)$/.exec(place)
    if (!corner) throw new FailureError('invalid-input', message('thumbnailPlace', { place }))
    return { x: Number(corner[1]), y: Number(corner[2]) }
  })
  const reader = await context.slides.reader(Number(slide))
  const { mime, bytes, isWhole } = await strip(reader, corners, Number(size), sideOf(side), signal)
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': mime, ...(isWhole ? cached : uncached) } })
}

async function thumbnail(
  { context }: OpenProject,
  { slide, side }: Record<string, string>,
  _query: URLSearchParams,
  signal: AbortSignal,
): Promise<Response> {
  const { width, height } = context.project.slides.get(Number(slide)).info
  const scale = sideOf(side) / Math.max(width, height)
  const [w, h] = [width, height].map((length) => Math.max(1, Math.round(length * scale)))
  const reader = await context.slides.reader(Number(slide))
  const { mime, bytes } = await pictureOf(reader, { x: 0, y: 0, width, height }, w, h, signal)
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': mime, ...cached } })
}

function chunks({ context }: OpenProject, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const { nucleiVersion } = context.project.slides.get(Number(slide))
  const caching = query.get('v') === String(nucleiVersion) ? cached : uncached
  return Response.json(context.project.nuclei.chunks.of(Number(slide)), { headers: caching })
}

/** Sends the gzipped bytes exactly as stored; the browser unpacks them. A chunk never changes. */
function chunk({ context }: OpenProject, parts: Record<string, string>): Response {
  const part = parts.part === 'head' ? 'head' : 'outlines'
  const bytes = context.project.nuclei.chunks.bytes(Number(parts.slide), Number(parts.chunk), part)
  return new Response(new Uint8Array(bytes), {
    headers: { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip', ...cached },
  })
}

function drawn({ context }: OpenProject, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const { outlines } = context.project.nuclei
  const { nucleiVersion } = context.project.slides.get(Number(slide))
  const { nuclei } = outlines.drawnOutlines(Number(slide))
  const replaced = Uint32Array.from(outlines.of(Number(slide)).keys())
  return columns(encodeDrawn({ nuclei, replaced }), nucleiVersion, query)
}

/** Never cached: the answer depends on what each page already has. */
function shown({ context }: OpenProject, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const [nucleiVersion, shownVersion] = ['nuclei', 'since'].map((name) => Number(query.get(name) ?? NaN))
  const bytes = encodeShown(context.views.shownSince(Number(slide), { nucleiVersion, shownVersion }))
  return new Response(bytes, { headers: { 'content-type': 'application/octet-stream', ...uncached } })
}

function predicted({ context }: OpenProject, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const { predictedVersion } = context.views.summary(Number(slide))
  return columns(context.views.predicted(Number(slide)), predictedVersion, query)
}

/** Never cached: it changes with the regions that people mark, which have no version. */
async function tissue({ context }: OpenProject, { slide }: Record<string, string>): Promise<Response> {
  context.project.slides.get(Number(slide))
  const bytes = encodeTissue(await context.tissue.outlines(Number(slide)))
  return new Response(bytes, { headers: { 'content-type': 'application/octet-stream', ...uncached } })
}

function map({ context }: OpenProject, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const kept = context.maps.get(context.project.slides.get(Number(slide)).id)
  if (!kept) throw new FailureError('not-found', message('noMap'))
  return columns(encodeNucleusMap(kept.map), kept.summary.version, query)
}

function measured({ context }: OpenProject, { slide }: Record<string, string>, query: URLSearchParams): Response {
  const { info, nucleiVersion } = context.project.slides.get(Number(slide))
  const nuclei = context.project.nuclei.of(Number(slide))
  return columns(encodeMeasured(measureNuclei(nuclei, info.mpp)), nucleiVersion, query)
}

async function attention(
  { workbench, context }: OpenProject,
  { slide, nucleus }: Record<string, string>,
): Promise<Response> {
  context.project.slides.get(Number(slide))
  const bytes = encodeAttention(await workbench.attention(Number(slide), Number(nucleus)))
  return new Response(bytes, { headers: { 'content-type': 'application/octet-stream', ...uncached } })
}

/** Responds with columns. They are cached only if the address names the version of the content. */
function columns(bytes: Uint8Array<ArrayBuffer>, version: number, query: URLSearchParams): Response {
  const caching = query.get('v') === String(version) ? cached : uncached
  const headers = { 'content-type': 'application/octet-stream', 'x-version': String(version), ...caching }
  return new Response(bytes, { headers })
}

function download({ context }: OpenProject, { slide, format }: Record<string, string>): Response {
  const exporter = exporterOf(decodeURIComponent(format))
  const content = Readable.from(inChunks(exportContent(context, Number(slide), exporter)))
  // If the project is closed meanwhile, the download breaks off, so that half a file is never taken for a whole one.
  const body = exporter.gzip ? pipeline(content, createGzip(), () => undefined) : content
  const name = `${exportName(context, Number(slide))}.${extensionOf(exporter)}`
  return new Response(Readable.toWeb(body) as ReadableStream<Uint8Array>, {
    headers: { ...asDownload(name, exporter.mediaType), ...uncached },
  })
}

const asDownload = (name: string, mediaType: string) => ({
  'content-type': mediaType,
  'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
})

function counts(
  { workbench, context }: OpenProject,
  { slide }: Record<string, string>,
  query: URLSearchParams,
): Response {
  const language = query.get('language') === 'de' ? 'de' : 'en'
  const table = countsTable(context, workbench.review.audits, Number(slide), language)
  const name = `${exportName(context, Number(slide))}-counts.csv`
  return new Response(table, { headers: { ...asDownload(name, 'text/csv; charset=utf-8'), ...uncached } })
}

async function evidencePack(
  { workbench }: OpenProject,
  _: Record<string, string>,
  query: URLSearchParams,
): Promise<Response> {
  const { name, pieces } = await workbench.evidence(query.get('language') === 'de' ? 'de' : 'en')
  const body = Readable.toWeb(Readable.from(pieces)) as ReadableStream<Uint8Array>
  return new Response(body, { headers: { ...asDownload(name, 'application/zip'), ...uncached } })
}

async function results({ workbench }: OpenProject): Promise<Response> {
  const body = await workbench.results()
  return new Response(body, {
    headers: { ...asDownload(`${workbench.name}-results.csv`, 'text/csv; charset=utf-8'), ...uncached },
  })
}

function card({ context }: OpenProject, { model }: Record<string, string>): Response {
  const text = context.models.get(decodeURIComponent(model)).card
  return new Response(text, { headers: { 'content-type': 'text/markdown; charset=utf-8', ...uncached } })
}

const statusOf: Partial<Record<FailureKind, number>> = { 'not-found': 404, 'invalid-input': 400, closed: 410 }

const failed = (failure: Failure): Response =>
  Response.json(failure, { status: statusOf[failure.kind] ?? 422, headers: uncached })

function at(pathname: string): URLPattern {
  return new URLPattern({ pathname })
}
