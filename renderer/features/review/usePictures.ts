import { computed, onBeforeUnmount, shallowReactive, watch } from 'vue'
import { useViewer } from '../viewer/index.ts'
import { placeOf, rowStyle, stripLength, stripOf, type Strip } from './pictures.ts'
import { useReview } from './store.ts'

/** Returns the style that draws the nucleus at an index of the list, or null until its picture has arrived. */
export interface Pictures {
  styleOf(index: number): ReturnType<typeof rowStyle> | null
}

/**
 * Loads the pictures of the list's items from … to − 1, `size` CSS pixels a side, and no others. Pictures outside the
 * range are dropped and their requests cancelled. An image is shown only once it is fully decoded, so no picture is
 * ever half drawn.
 */
export function usePictures(size: number, range: () => { readonly from: number; readonly to: number }): Pictures {
  const review = useReview()
  const viewer = useViewer()
  const side = Math.round(size * Math.min(2, window.devicePixelRatio))
  /** Loaded strips, by the index of the strip in the list. */
  const here = shallowReactive(new Map<number, Strip>())
  const coming = new Map<number, { readonly src: string; readonly image: HTMLImageElement }>()

  const wanted = computed(() => {
    const strips = new Map<number, Strip>()
    const { slide } = viewer
    const { from, to } = range()
    const total = review.list?.nuclei ?? 0
    if (!slide || total === 0) return strips
    for (let s = Math.floor(Math.max(0, from) / stripLength); s * stripLength < Math.min(to, total); s++) {
      const length = Math.min(stripLength, total - s * stripLength)
      const items = Array.from({ length }, (_, k) => review.item(s * stripLength + k))
      const strip = stripOf(slide, items, side)
      if (strip) strips.set(s, strip)
    }
    return strips
  })

  function drop(place: number): void {
    const one = coming.get(place)
    coming.delete(place)
    if (one) one.image.src = '' // cancels the request
  }

  function load(place: number, strip: Strip): void {
    const image = new Image()
    const one = { src: strip.src, image }
    coming.set(place, one)
    image.src = strip.src
    const ended = (isHere: boolean) => {
      if (coming.get(place) !== one) return
      coming.delete(place)
      if (isHere) here.set(place, strip)
    }
    image.decode().then(
      () => ended(true),
      () => ended(false),
    )
  }

  watch(
    wanted,
    (strips) => {
      for (const place of [...coming.keys()]) if (coming.get(place)?.src !== strips.get(place)?.src) drop(place)
      for (const place of [...here.keys()]) if (!strips.has(place)) here.delete(place)
      // The old image stays until the new one is decoded. That is safe because rows are looked up by the place of the
      // nucleus.
      for (const [place, strip] of strips)
        if (here.get(place)?.src !== strip.src && !coming.has(place)) load(place, strip)
    },
    { immediate: true },
  )
  onBeforeUnmount(() => [...coming.keys()].forEach(drop))

  return {
    styleOf(index) {
      const item = review.item(index)
      const strip = here.get(Math.floor(index / stripLength))
      if (!item || !strip || !viewer.slide) return null
      const at = strip.at.get(placeOf(viewer.slide, item.box))
      return at === undefined ? null : rowStyle(strip.src, at, size, side)
    },
  }
}
