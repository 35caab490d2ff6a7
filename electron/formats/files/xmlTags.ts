import { basename } from 'node:path'
import { FailureError, message } from '../../contract/index.ts'
import { textBytes } from './fileBytes.ts'

/** A tag of an XML file. */
export interface XmlTag {
  readonly name: string
  /** Of an opening tag. */
  readonly attributes: Readonly<Record<string, string>>
  readonly isClosing: boolean
}

/** The longest tag, in characters, that a sound file has. */
const longestTag = 1 << 20

/**
 * Yields the tags of an XML file in batches as they are read, plain or gzip; an empty tag (`<a/>`) as an opening and a
 * closing one. Text between tags, comments, CDATA, declarations and processing instructions are passed over. Entities
 * of a document type are not replaced, so a file can refer to nothing outside itself.
 *
 * @throws FailureError empty, unreadable (not XML, or cut short), or as the system says
 */
export async function* xmlTags(path: string): AsyncGenerator<XmlTag[]> {
  const damaged = () => new FailureError('unreadable', message('xmlDamaged', { file: basename(path) }))
  const decoder = new TextDecoder()
  const open: string[] = []
  let rest = ''
  let sawAny = false
  let isFirst = true
  for await (const bytes of textBytes(path)) {
    rest += decoder.decode(bytes, { stream: true })
    if (isFirst && !/^\s*</.test(rest)) throw rest.trim() === '' ? emptyFile(path) : damaged()
    isFirst = false
    const batch: XmlTag[] = []
    let at = 0
    for (;;) {
      const start = rest.indexOf('<', at)
      if (start < 0) {
        at = rest.length
        break
      }
      const end = endOfMarkup(rest, start)
      if (end < 0) {
        if (rest.length - start > longestTag) throw damaged()
        at = start
        break
      }
      at = end
      if (rest[start + 1] === '!' || rest[start + 1] === '?') continue
      const tag = tagOf(rest.slice(start, end))
      if (!tag) throw damaged()
      const { name, isClosing, isEmpty, attributes } = tag
      if (isClosing ? open.pop() !== name : open.length > 500) throw damaged()
      if (!isClosing && !isEmpty) open.push(name)
      sawAny = true
      batch.push({ name, attributes, isClosing })
      if (isEmpty) batch.push({ name, attributes: {}, isClosing: true })
    }
    rest = rest.slice(at)
    if (batch.length > 0) yield batch
  }
  if (isFirst) throw emptyFile(path)
  if (!sawAny || open.length > 0 || rest.trim() !== '') throw damaged()
}

const emptyFile = (path: string) => new FailureError('empty', message('fileEmpty', { file: basename(path) }))

/** Returns the index after a tag, comment, CDATA section, declaration or instruction, or −1 if it does not end here. */
function endOfMarkup(text: string, start: number): number {
  const after = (closing: string, from: number) => {
    const at = text.indexOf(closing, from)
    return at < 0 ? -1 : at + closing.length
  }
  if (text.startsWith('<!--', start)) return after('-->', start + 4)
  if (text.startsWith('<![CDATA[', start)) return after(']]>', start + 9)
  if (text.startsWith('<?', start)) return after('?>', start + 2)
  if (text.startsWith('<!', start)) {
    // A document type may hold declarations in brackets.
    const bracket = text.indexOf('[', start)
    const end = text.indexOf('>', start)
    if (end < 0) return -1
    return bracket >= 0 && bracket < end ? after(']>', bracket) : end + 1
  }
  const plain = text.indexOf('>', start)
  if (plain < 0) return -1
  // An attribute may hold a >, so the quotes count.
  let end = plain + 1
  for (let i = start; i < end; i++) {
    const c = text[i]
    if (c !== '"' && c !== "'") continue
    const close = text.indexOf(c, i + 1)
    if (close < 0) return -1
    if (close >= end - 1) {
      const next = text.indexOf('>', close)
      if (next < 0) return -1
      end = next + 1
    }
    i = close
  }
  return end
}

const tagPattern =
  /^<(\/?)([\p{L}_:][\p{L}\p{N}_:.-]*)((?:\s+[\p{L}_:][\p{L}\p{N}_:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>$/u
const attributePattern = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

function tagOf(text: string): (XmlTag & { isEmpty: boolean }) | undefined {
  const match = tagPattern.exec(text)
  if (!match) return undefined
  const [, slash, name, inner, empty] = match
  const attributes: Record<string, string> = {}
  for (const [, key, double, single] of inner.matchAll(attributePattern))
    if (key !== '__proto__') attributes[key] = unescaped(double ?? single)
  return { name, attributes, isClosing: slash === '/', isEmpty: empty === '/' }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescaped(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

/** Returns a text as it may stand in an attribute between double quotes. Characters that XML 1.0 forbids are left out. */
export const xmlText = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex -- these are what XML forbids
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"\n\r\t]/g, (c) => `&#${c.charCodeAt(0)};`)
