import { classColours, type ClassifiedNuclei, type RgbImage } from '../contract/index.ts'
import { demoClasses } from './demoNucleus.ts'
import { mapTissue } from './maps.ts'
import { outlineOf } from './nucleusShape.ts'
import { paintNuclei } from './paintNuclei.ts'
import { paintTissue } from './paintTissue.ts'
import { placeNuclei } from './placeNuclei.ts'
import { blur, emptyFields, fieldsToRgb } from './stains.ts'
import { layOutTissue } from './tissue.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

export interface DemoPicture {
  /** 0.25 µm per pixel. */
  readonly image: RgbImage
  /** The outline (level-0 pixels) and class of every nucleus drawn. */
  readonly truth: ClassifiedNuclei
}

/** Draws H&E-like mucosa of width × height px at 0.25 µm/px. The same arguments give the same bytes. Takes seconds. */
export function drawDemo(width: number, height: number, seed: number): DemoPicture {
  const tissue = layOutTissue(width, height, seed)
  const maps = mapTissue(tissue, seed + 100)
  const nuclei = placeNuclei(tissue, maps, seed + 200)
  const fields = emptyFields(width, height)
  paintTissue(fields, tissue, maps, seed + 300)
  paintNuclei(fields, nuclei, seed + 400)
  for (const field of [fields.haematoxylin, fields.eosin, fields.erythrocyte]) blur(field, width, height)
  return {
    image: { width, height, data: fieldsToRgb(fields, seed + 500) },
    truth: {
      nuclei: nucleiFromOutlines(
        nuclei.map((n) => outlineOf(n.shape)),
        'drawn',
        Uint32Array.from(nuclei, (_, i) => i + 1),
      ),
      classes: demoClasses.map((name, i) => ({ name, color: classColours[i] })),
      classIndex: Int16Array.from(nuclei, (n) => demoClasses.indexOf(n.class)),
    },
  }
}
