import { randomUUID } from 'node:crypto'
import { pack } from './blob.ts'
import { bounds, packChunk } from '../nuclei/chunk.ts'
import type { Database } from './database.ts'
import { labelRows } from '../log/labelChanges.ts'
import { decodeOldChanges, decodeOldNuclei } from './versionOne.ts'

/** Repacks nuclei, predictions and label steps of version 1. Holds one row in memory at a time. */
export function toVersion2(db: Database): void {
  for (const { id } of db.all<{ id: number }>('SELECT id FROM oldNucleusChunk ORDER BY slideId, position')) {
    const row = db.get<{ slideId: number; position: number; nuclei: Uint8Array }>(
      'SELECT slideId, position, nuclei FROM oldNucleusChunk WHERE id = ?',
      id,
    )
    if (!row) continue
    const nuclei = decodeOldNuclei(row.nuclei)
    const { head, outlines } = packChunk(nuclei, new Uint32Array(nuclei.count))
    db.run(
      `INSERT INTO nucleusChunk (slideId, state, position, count, minX, minY, maxX, maxY, head, outlines)
       VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.slideId,
      row.position,
      nuclei.count,
      ...bounds(nuclei),
      head,
      outlines,
    )
  }
  for (const { id, runId, count, columns } of db.all<{
    id: number
    runId: number
    count: number
    columns: Uint8Array
  }>('SELECT * FROM oldRunPiece ORDER BY id'))
    db.run('INSERT INTO runPiece (id, runId, count, columns) VALUES (?, ?, ?, ?)', id, runId, count, pack(columns))
  for (const { stepId, changes } of db.all<{ stepId: number; changes: Uint8Array }>(
    'SELECT stepId, changes FROM oldStepChange ORDER BY stepId',
  ))
    for (const [block, content] of labelRows(decodeOldChanges(changes)))
      db.run(`INSERT INTO stepChange (stepId, part, block, content) VALUES (?, 'labels', ?, ?)`, stepId, block, content)
  for (const { block, classes } of db.all<{ block: number; classes: Uint8Array }>('SELECT * FROM oldLabelBlock'))
    db.run('INSERT INTO labelBlock (block, classes) VALUES (?, ?)', block, pack(classes))
  db.run('INSERT INTO setting (key, value) VALUES (?, ?)', 'projectId', randomUUID())
  db.exec('DROP TABLE oldNucleusChunk; DROP TABLE oldRunPiece; DROP TABLE oldStepChange; DROP TABLE oldLabelBlock;')
}
