import { message, type Message } from '../../contract/index.ts'
import type koffiPackage from 'koffi'
import { statSync } from 'node:fs'
import { join } from 'node:path'

/** An open slide, or other memory of OpenSlide. It is only passed back to the library. */
export type Pointer = bigint

/**
 * OpenSlide's C interface (openslide.h), as far as it is used. Levels and pixels are numbered as there. Functions that
 * return a promise run off the event loop.
 */
export interface OpenSlideLibrary {
  readonly version: string
  /** Path of the library file. */
  readonly path: string
  /** Vendor of a file; null if no driver knows it. */
  detectVendor(path: string): Promise<string | null>
  open(path: string): Promise<Pointer | null>
  close(slide: Pointer): Promise<void>
  /** Why a slide has failed; null if it has not. A failed slide stays failed. */
  error(slide: Pointer): string | null
  levelCount(slide: Pointer): number
  levelSize(slide: Pointer, level: number): { width: number; height: number }
  property(slide: Pointer, name: string): string | null
  associatedNames(slide: Pointer): string[]
  associatedSize(slide: Pointer, name: string): { width: number; height: number }
  /** ICC profile; null if there is none or the library is older than version 4. */
  profile(slide: Pointer): Promise<Buffer | null>
  /** Fills `into` with premultiplied BGRA. x and y are level-0 pixels. */
  readRegion(
    slide: Pointer,
    into: Uint8Array,
    x: number,
    y: number,
    level: number,
    width: number,
    height: number,
  ): Promise<void>
  readAssociated(slide: Pointer, name: string, into: Uint8Array): Promise<void>
}

const fileNames: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['libopenslide.so.1', 'libopenslide.so.0'],
  darwin: ['libopenslide.1.dylib', '/opt/homebrew/lib/libopenslide.1.dylib', '/usr/local/lib/libopenslide.1.dylib'],
  win32: ['libopenslide-1.dll', 'libopenslide-0.dll'],
}

export type Found = { readonly library: OpenSlideLibrary } | { readonly missing: Message }
/** Loaded libraries by place: a process keeps a library once it is loaded. */
const found = new Map<string, Promise<Found>>()

/**
 * Finds OpenSlide (version 3.4 or 4) at `KARYON_OPENSLIDE` (the library or its folder) if that is set, else where the
 * system looks for libraries.
 */
export function findOpenSlide(place = process.env.KARYON_OPENSLIDE ?? ''): Promise<Found> {
  let known = found.get(place)
  if (!known) found.set(place, (known = load(place)))
  return known
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

async function load(place: string): Promise<Found> {
  const koffi = await import('koffi').then(
    (module) => module.default,
    () => null,
  )
  if (!koffi) return { missing: message('koffiMissing') }
  const names = fileNames[process.platform] ?? []
  const places = !place ? names : isFolder(place) ? names.map((name) => join(place, name)) : [place]
  for (const path of places) {
    let library
    try {
      library = koffi.load(path)
    } catch {
      continue // not there, or for another processor
    }
    return { library: bind(koffi, library, path) }
  }
  return { missing: message('libraryMissing', { place: place || null }) }
}

type Koffi = typeof koffiPackage
type Library = ReturnType<Koffi['load']>

function bind(koffi: Koffi, library: Library, path: string): OpenSlideLibrary {
  const optional = (declaration: string) => {
    try {
      return library.func(declaration)
    } catch {
      return null // not in this version
    }
  }
  const call = {
    version: library.func('const char *openslide_get_version()'),
    detect: library.func('const char *openslide_detect_vendor(const char *path)'),
    open: library.func('void *openslide_open(const char *path)'),
    close: library.func('void openslide_close(void *slide)'),
    error: library.func('const char *openslide_get_error(void *slide)'),
    levelCount: library.func('int32_t openslide_get_level_count(void *slide)'),
    levelSize: library.func(
      'void openslide_get_level_dimensions(void *slide, int32_t level, _Out_ int64_t *w, _Out_ int64_t *h)',
    ),
    property: library.func('const char *openslide_get_property_value(void *slide, const char *name)'),
    associatedNames: library.func('const char **openslide_get_associated_image_names(void *slide)'),
    associatedSize: library.func(
      'void openslide_get_associated_image_dimensions(void *slide, const char *name, _Out_ int64_t *w, _Out_ int64_t *h)',
    ),
    readAssociated: library.func('void openslide_read_associated_image(void *slide, const char *name, void *dest)'),
    readRegion: library.func(
      'void openslide_read_region(void *slide, void *dest, int64_t x, int64_t y, int32_t level, int64_t w, int64_t h)',
    ),
    profileSize: optional('int64_t openslide_get_icc_profile_size(void *slide)'),
    readProfile: optional('void openslide_read_icc_profile(void *slide, void *dest)'),
  }
  /** Calls a function on a thread of libuv's pool. */
  const onThreadPool = <T>(fn: ReturnType<Library['func']>, ...args: unknown[]): Promise<T> =>
    new Promise((resolve, reject) =>
      fn.async(...args, (error: Error | null, value: T) => (error ? reject(error) : resolve(value))),
    )
  const sizeBy = (fn: ReturnType<Library['func']>, slide: Pointer, of: number | string) => {
    const [width, height]: [number[], number[]] = [[0], [0]]
    fn(slide, of, width, height)
    return { width: Number(width[0]), height: Number(height[0]) }
  }
  return {
    version: call.version() as string,
    path,
    detectVendor: (file) => onThreadPool(call.detect, file),
    open: (file) => onThreadPool(call.open, file),
    close: (slide) => onThreadPool(call.close, slide),
    error: (slide) => call.error(slide) as string | null,
    levelCount: (slide) => call.levelCount(slide) as number,
    levelSize: (slide, level) => sizeBy(call.levelSize, slide, level),
    property: (slide, name) => call.property(slide, name) as string | null,
    associatedNames: (slide) => {
      const names: string[] = []
      const list = call.associatedNames(slide) as Pointer | null
      if (list === null) return names
      for (let at = 0; ; at += koffi.sizeof('void *')) {
        const name = koffi.decode(list, at, 'const char *') as string | null
        if (name === null) return names
        names.push(name)
      }
    },
    associatedSize: (slide, name) => sizeBy(call.associatedSize, slide, name),
    async profile(slide) {
      if (!call.profileSize || !call.readProfile) return null
      const size = Number(call.profileSize(slide))
      if (!(size > 0)) return null
      const profile = Buffer.alloc(size)
      await onThreadPool(call.readProfile, slide, profile)
      return profile
    },
    readRegion: (slide, into, x, y, level, width, height) =>
      onThreadPool(call.readRegion, slide, into, x, y, level, width, height),
    readAssociated: (slide, name, into) => onThreadPool(call.readAssociated, slide, name, into),
  }
}
