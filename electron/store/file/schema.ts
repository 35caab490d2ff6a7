import type { Database } from './database.ts'
import { toVersion2 } from './migrateToV2.ts'

/**
 * "KRYN": marks an SQLite file as a Karyon project, for us and for `file`
 * (sqlite.org/pragma.html#pragma_application_id).
 */
export const applicationId = 0x4b52594e

/**
 * Migration i brings a file from version i to version i + 1. Append only: never edit a migration that has shipped. A
 * test runs each of them on a stored file.
 */
export const migrations: readonly ((db: Database) => void)[] = [
  (db) => db.exec(version1),
  (db) => {
    db.exec(version2)
    toVersion2(db)
  },
  // Checksums cover blobs from this version on. They are recomputed after every migration (see createDatabase.ts).
  (db) => db.exec(version3),
  (db) => db.exec(`ALTER TABLE region ADD COLUMN kind TEXT NOT NULL DEFAULT 'interest'`),
  // The title as a message with key and parameters (messageSchema.ts), for translation; empty if there is none.
  (db) => db.exec(`ALTER TABLE step ADD COLUMN told TEXT NOT NULL DEFAULT ''`),
  // Area in which nuclei were searched for (models/geometry/rects.ts), as JSON. NULL: the whole slide, which is assumed for
  // slides of older versions that have nuclei.
  (db) =>
    db.exec(
      `ALTER TABLE slide ADD COLUMN searched TEXT DEFAULT '[]'; UPDATE slide SET searched = NULL WHERE nuclei > 0`,
    ),
  // Probability below which the model calls a nucleus uncertain. NULL: it has no such threshold.
  (db) => db.exec(`ALTER TABLE run ADD COLUMN uncertainBelow REAL`),
  (db) => db.exec(version8),
]

export const schemaVersion = migrations.length

const version1 = /* sql */ `
  CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- Ids are never reused: labels in the log refer to them after a class was removed.
  CREATE TABLE class (
    id INTEGER PRIMARY KEY AUTOINCREMENT, position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE, color TEXT NOT NULL, key TEXT NOT NULL
  ) STRICT;

  CREATE TABLE slide (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    relativePath TEXT NOT NULL, absolutePath TEXT NOT NULL,
    size INTEGER NOT NULL, sampledHash TEXT NOT NULL,
    info TEXT NOT NULL, givenMpp REAL,
    nuclei INTEGER NOT NULL DEFAULT 0, labelled INTEGER NOT NULL DEFAULT 0,
    nucleiVersion INTEGER NOT NULL DEFAULT 0,
    activeRunId INTEGER REFERENCES run (id)
  ) STRICT;

  -- Nuclei in spatial order, at most 65,536 per row, as encodeNuclei().
  CREATE TABLE nucleusChunk (
    id INTEGER PRIMARY KEY, slideId INTEGER NOT NULL REFERENCES slide (id), position INTEGER NOT NULL,
    count INTEGER NOT NULL, minX REAL NOT NULL, minY REAL NOT NULL, maxX REAL NOT NULL, maxY REAL NOT NULL,
    nuclei BLOB NOT NULL
  ) STRICT;
  CREATE INDEX nucleusChunkOfSlide ON nucleusChunk (slideId, position);

  CREATE TABLE model (
    id TEXT PRIMARY KEY, relativePath TEXT NOT NULL, absolutePath TEXT NOT NULL, created TEXT NOT NULL
  ) STRICT;

  CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT, slideId INTEGER NOT NULL REFERENCES slide (id),
    modelId TEXT NOT NULL, modelTitle TEXT NOT NULL, classes TEXT NOT NULL, created TEXT NOT NULL,
    nucleiVersion INTEGER NOT NULL, complete INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX runOfSlide ON run (slideId);

  -- Columns by nucleus id, so that predictions survive a new order of the nuclei. Pieces are appended, never changed.
  CREATE TABLE runPiece (
    id INTEGER PRIMARY KEY, runId INTEGER NOT NULL REFERENCES run (id), count INTEGER NOT NULL, columns BLOB NOT NULL
  ) STRICT;
  CREATE INDEX runPieceOfRun ON runPiece (runId);

  -- The log. kind: label | undo | redo; undo and redo name the label step that they concern.
  CREATE TABLE step (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, target INTEGER REFERENCES step (id),
    slideId INTEGER NOT NULL REFERENCES slide (id), time TEXT NOT NULL, reader TEXT NOT NULL,
    title TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE stepChange (
    stepId INTEGER PRIMARY KEY REFERENCES step (id), minId INTEGER NOT NULL, maxId INTEGER NOT NULL,
    changes BLOB NOT NULL
  ) STRICT;
  CREATE TRIGGER stepIsKept BEFORE DELETE ON step BEGIN SELECT RAISE (ABORT, 'the label log is append-only'); END;
  CREATE TRIGGER stepIsFinal BEFORE UPDATE ON step BEGIN SELECT RAISE (ABORT, 'the label log is append-only'); END;

  -- State derived from the log: class id per nucleus, 65,536 nuclei per row; row b starts at id b·65,536.
  CREATE TABLE labelBlock (block INTEGER PRIMARY KEY, classes BLOB NOT NULL) STRICT;
`

const version2 = /* sql */ `
  ALTER TABLE nucleusChunk RENAME TO oldNucleusChunk;
  ALTER TABLE runPiece RENAME TO oldRunPiece;
  ALTER TABLE stepChange RENAME TO oldStepChange;
  ALTER TABLE labelBlock RENAME TO oldLabelBlock;
  DROP INDEX nucleusChunkOfSlide;
  DROP INDEX runPieceOfRun;
  ALTER TABLE slide ADD COLUMN fullHash TEXT;
  ALTER TABLE slide ADD COLUMN accepted TEXT NOT NULL DEFAULT '[]';

  -- Nuclei as detected or imported, in spatial order, at most 65,536 per row: packHead() and packOutlines(), packed.
  -- state: 0 written, not yet in force (an import in progress); 1 in force; 2 replaced, to be deleted.
  CREATE TABLE nucleusChunk (
    id INTEGER PRIMARY KEY AUTOINCREMENT, slideId INTEGER NOT NULL REFERENCES slide (id), state INTEGER NOT NULL,
    position INTEGER NOT NULL, count INTEGER NOT NULL,
    minX REAL NOT NULL, minY REAL NOT NULL, maxX REAL NOT NULL, maxY REAL NOT NULL,
    head BLOB NOT NULL, outlines BLOB NOT NULL
  ) STRICT;

  -- State derived from the log: outlines that a user drew or deleted (nuclei NULL). inChunk: 1 if the nucleus is also
  -- in a chunk.
  CREATE TABLE drawn (
    nucleusId INTEGER PRIMARY KEY, slideId INTEGER NOT NULL REFERENCES slide (id), inChunk INTEGER NOT NULL, nuclei BLOB
  ) STRICT;

  CREATE TABLE runPiece (
    id INTEGER PRIMARY KEY, runId INTEGER NOT NULL REFERENCES run (id), count INTEGER NOT NULL, columns BLOB NOT NULL
  ) STRICT;

  -- Model classes that have another name in this project.
  CREATE TABLE classMap (
    id INTEGER PRIMARY KEY, modelClass TEXT NOT NULL UNIQUE, classId INTEGER NOT NULL REFERENCES class (id)
  ) STRICT;

  -- Nuclei for which a run other than the slide's was accepted: ids, packed.
  CREATE TABLE acceptance (
    id INTEGER PRIMARY KEY AUTOINCREMENT, slideId INTEGER NOT NULL REFERENCES slide (id),
    runId INTEGER NOT NULL REFERENCES run (id), count INTEGER NOT NULL, ids BLOB NOT NULL
  ) STRICT;

  -- Content of the steps, packed. part: labels (block = id / 65,536) | outlines | regions | accepted.
  CREATE TABLE stepChange (
    id INTEGER PRIMARY KEY, stepId INTEGER NOT NULL REFERENCES step (id), part TEXT NOT NULL, block INTEGER NOT NULL,
    content BLOB NOT NULL
  ) STRICT;
  CREATE INDEX stepChangeOfStep ON stepChange (stepId);
  CREATE INDEX stepChangeOfBlock ON stepChange (block);
  CREATE TRIGGER changeIsKept BEFORE DELETE ON stepChange
    BEGIN SELECT RAISE (ABORT, 'the label log is append-only'); END;
  CREATE TRIGGER changeIsFinal BEFORE UPDATE ON stepChange
    BEGIN SELECT RAISE (ABORT, 'the label log is append-only'); END;

  -- State derived from the log: class id per nucleus, packed, 65,536 nuclei per row; row b starts at id b·65,536.
  CREATE TABLE labelBlock (block INTEGER PRIMARY KEY, classes BLOB NOT NULL) STRICT;

  -- Regions of interest: a closed outline, x, y, … in level-0 pixels, as JSON.
  CREATE TABLE region (
    id INTEGER PRIMARY KEY, slideId INTEGER NOT NULL REFERENCES slide (id), name TEXT NOT NULL, outline TEXT NOT NULL
  ) STRICT;

  -- Labels of the same nuclei by another reader, from a copy of the project. Stored beside our labels, never in their
  -- place.
  CREATE TABLE reading (
    id INTEGER PRIMARY KEY AUTOINCREMENT, reader TEXT NOT NULL, copyId TEXT NOT NULL, file TEXT NOT NULL,
    time TEXT NOT NULL, count INTEGER NOT NULL, labels BLOB NOT NULL, UNIQUE (reader, copyId)
  ) STRICT;

  -- A checksum of every row (see checksums.ts).
  CREATE TABLE seal (
    tableName TEXT NOT NULL, rowKey ANY NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (tableName, rowKey)
  ) STRICT, WITHOUT ROWID;
`

const version3 = /* sql */ `
  -- Separate from the chunks, because SQLite rewrites a whole row to change one number in it. state: 0 written, not yet
  -- in force; 1 in force; 2 replaced, to be deleted; 3 replaced, kept for undo and redo.
  CREATE TABLE chunkState (
    chunkId INTEGER PRIMARY KEY REFERENCES nucleusChunk (id), slideId INTEGER NOT NULL REFERENCES slide (id),
    state INTEGER NOT NULL
  ) STRICT;
  INSERT INTO chunkState SELECT id, slideId, state FROM nucleusChunk;
  ALTER TABLE nucleusChunk DROP COLUMN state;
`

const version8 = /* sql */ `
  -- Ids and measurements that another tool's file gave to nuclei, packed columns (see importedData.ts). names: of the
  -- measurements, as JSON.
  CREATE TABLE importedData (
    id INTEGER PRIMARY KEY AUTOINCREMENT, slideId INTEGER NOT NULL REFERENCES slide (id), count INTEGER NOT NULL,
    names TEXT NOT NULL, columns BLOB NOT NULL
  ) STRICT;
`
