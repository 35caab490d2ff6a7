/** An element of OME-XML: its name without a prefix, its attributes, its elements. */
interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Element[]
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Replaces character references and the five entities of XML. */
const decoded = (text: string) =>
  text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (found, hex?: string, digits?: string, name?: string) => {
    const code = hex ? parseInt(hex, 16) : digits ? Number(digits) : NaN
    if (code > 0 && code <= 0x10ffff) return String.fromCodePoint(code)
    return (name && named[name]) ?? found
  })

const markup =
  /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<[?!][^>]*>|<(\/?)(?:[\w.-]+:)?([\w.-]+)((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>/g
const attribute = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const maxElements = 100_000

/**
 * Reads the elements of an XML text, prefixes left out. Text between them is dropped: OME states everything that is
 * needed here in attributes. A text cut short gives the elements up to there.
 */
function elements(xml: string): Element {
  const root: Element = { name: '', attributes: new Map(), children: [] }
  const open = [root]
  let count = 0
  for (const [, isEnd, name, rest, isEmpty] of xml.matchAll(markup)) {
    if (name === undefined || ++count > maxElements) continue
    if (isEnd) {
      const at = open.findLastIndex((element, i) => i > 0 && element.name === name)
      if (at > 0) open.length = at
      continue
    }
    const attributes = new Map<string, string>()
    for (const [, key, quoted, single] of rest.matchAll(attribute))
      attributes.set(key.replace(/^.*:/, ''), decoded(quoted ?? single))
    const element: Element = { name, attributes, children: [] }
    open[open.length - 1].children.push(element)
    if (!isEmpty) open.push(element)
  }
  return root
}

/** A plane of an image and the page that holds it. */
interface PlanePages {
  /** Number of the page in the file's chain. */
  readonly ifd: number
  /** Number of the plane in the image's order of dimensions. */
  readonly plane: number
  readonly count: number
  /** File that holds it; empty: this one. */
  readonly fileName: string
}

/** One image of OME-XML, as far as it matters here. */
export interface OmeImage {
  readonly name: string
  readonly sizeZ: number
  readonly sizeC: number
  readonly sizeT: number
  /** Number of the plane of the first channel at a focal plane, at the first time. */
  planeAt(z: number): number
  /** Number of planes. */
  readonly planes: number
  readonly physicalSize: { readonly x: number; readonly y: number; readonly xUnit: string; readonly yUnit: string }
  readonly significantBits: number | null
  readonly places: readonly PlanePages[]
}

/** Returns whether a description is OME-XML, with or without a prefix. */
export const isOmeXml = (description: string): boolean => /<(?:[\w.-]+:)?OME[\s/>]/.test(description)

/** Reads the images of an OME-XML description. `samples`: channels that a page holds, where the XML does not say. */
export function omeImages(description: string, samples: number): OmeImage[] {
  const ome = elements(description).children.find(({ name }) => name === 'OME')
  return (ome?.children ?? []).filter(({ name }) => name === 'Image').flatMap((image) => imageOf(image, samples))
}

function imageOf(image: Element, samples: number): OmeImage[] {
  const pixels = image.children.find(({ name }) => name === 'Pixels')
  if (!pixels) return []
  const text = (key: string) => pixels.attributes.get(key)
  const whole = (element: Element, key: string, otherwise: number) => {
    const value = Number(element.attributes.get(key) ?? otherwise)
    return Number.isInteger(value) && value >= 0 && value < 2 ** 31 ? value : otherwise
  }
  const [sizeZ, sizeC, sizeT] = ['SizeZ', 'SizeC', 'SizeT'].map((key) => Math.max(1, whole(pixels, key, 1)))
  const channels = pixels.children.filter(({ name }) => name === 'Channel')
  const stated = channels.map((channel) => whole(channel, 'SamplesPerPixel', 1))
  const perPlane = Math.max(1, Math.min(samples, sizeC), ...stated)
  const channelPlanes = Math.max(1, Math.ceil(sizeC / perPlane))
  const order = text('DimensionOrder') ?? 'XYCZT'
  const steps = new Map<string, number>()
  let planes = 1
  for (const axis of order.slice(2)) {
    steps.set(axis, planes)
    planes *= axis === 'Z' ? sizeZ : axis === 'C' ? channelPlanes : sizeT
  }
  const places = pixels.children
    .filter(({ name }) => name === 'TiffData')
    .map((data): PlanePages => {
      const first = (axis: 'Z' | 'C' | 'T') => whole(data, `First${axis}`, 0) * (steps.get(axis) ?? 1)
      const hasIfd = data.attributes.has('IFD')
      return {
        ifd: hasIfd ? whole(data, 'IFD', 0) : -1,
        plane: first('Z') + Math.floor(first('C') / perPlane) + first('T'),
        count: whole(data, 'PlaneCount', hasIfd ? 1 : planes),
        fileName: data.children.find(({ name }) => name === 'UUID')?.attributes.get('FileName') ?? '',
      }
    })
  const length = (key: string) => Number(text(key)?.replace(',', '.') ?? NaN)
  const bits = whole(pixels, 'SignificantBits', 0)
  return [
    {
      name: image.attributes.get('Name') ?? '',
      sizeZ,
      sizeC,
      sizeT,
      planeAt: (z) => z * (steps.get('Z') ?? 1),
      planes,
      physicalSize: {
        x: length('PhysicalSizeX'),
        y: length('PhysicalSizeY'),
        xUnit: text('PhysicalSizeXUnit') ?? 'µm',
        yUnit: text('PhysicalSizeYUnit') ?? 'µm',
      },
      significantBits: bits > 0 ? bits : null,
      places,
    },
  ]
}
