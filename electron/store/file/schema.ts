import type { Database } from './database.ts'
import { toVersion2 } from './migrateToV2.ts'

/** "KRYN": tells `file` and us that an SQLite file is a Karyon project (sqlite.org/pragma.html#pragma_application_id). */
export const applicationId = 0x4b52594e

/**
 * Migration i brings a file from version i to i+1. Append only: a migration that shipped is never edited, and a test
 * runs every one of them from a kept file.
 */
export const migrations: readonly ((db: Database) => void)[] = [
  (db) => db.exec(version1),
  (db) => {
    db.exec(version2)
    toVersion2(db)
  },
  // Checksums cover blobs from here on; every migration gives them anew (see openFile.ts).
  (db) => db.exec(version3),
  (db) => db.exec(`ALTER TABLE region ADD COLUMN kind TEXT NOT NULL DEFAULT 'interest'`),
  // The title as data (messageSchema.ts), for other languages; empty for what has none.
  (db) => db.exec(`ALTER TABLE step ADD COLUMN told TEXT NOT NULL DEFAULT ''`),
  // Where nuclei were searched for (searchedArea.ts), as JSON; NULL: everywhere, as far as older versions tell.
  (db) =>
    db.exec(
      `ALTER TABLE slide ADD COLUMN searched TEXT DEFAULT '[]'; UPDATE slide SET searched = NULL WHERE nuclei > 0`,
    ),
]

export const schemaVersion = migrations.length

const version1 = /* sql */ `
  CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- Ids are given once: a class that goes leaves its id unused, because labels in the log refer to it.
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

  -- Nuclei in spatial order, at most 65,536 a row, as encodeNuclei().
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

  -- Columns by nucleus id, so predictions outlive a re-ordering of the nuclei. Pieces are appended, never changed.
  CREATE TABLE runPiece (
    id INTEGER PRIMARY KEY, runId INTEGER NOT NULL REFERENCES run (id), count INTEGER NOT NULL, columns BLOB NOT NULL
  ) STRICT;
  CREATE INDEX runPieceOfRun ON runPiece (runId);

  -- The log. kind: label | undo | redo; the last two name the label step they concern.
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

  -- What replaying the log gives: class id per nucleus, 65,536 nuclei a row, row b from id b·65,536.
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

  -- Nuclei as they were found or imported, in spatial order, at most 65,536 a row: packHead() and packOutlines(), packed.
  -- state: 0 written and not yet in force (an import under way), 1 in force, 2 replaced and to be swept.
  CREATE TABLE nucleusChunk (
    id INTEGER PRIMARY KEY AUTOINCREMENT, slideId INTEGER NOT NULL REFERENCES slide (id), state INTEGER NOT NULL,
    position INTEGER NOT NULL, count INTEGER NOT NULL,
    minX REAL NOT NULL, minY REAL NOT NULL, maxX REAL NOT NULL, maxY REAL NOT NULL,
    head BLOB NOT NULL, outlines BLOB NOT NULL
  ) STRICT;

  -- What replaying the log gives for outlines that people drew or deleted (nuclei NULL); inChunk: stands over a found one.
  CREATE TABLE drawn (
    nucleusId INTEGER PRIMARY KEY, slideId INTEGER NOT NULL REFERENCES slide (id), inChunk INTEGER NOT NULL, nuclei BLOB
  ) STRICT;

  CREATE TABLE runPiece (
    id INTEGER PRIMARY KEY, runId INTEGER NOT NULL REFERENCES run (id), count INTEGER NOT NULL, columns BLOB NOT NULL
  ) STRICT;

  -- A model's class that goes under another name here.
  CREATE TABLE classMap (
    id INTEGER PRIMARY KEY, modelClass TEXT NOT NULL UNIQUE, classId INTEGER NOT NULL REFERENCES class (id)
  ) STRICT;

  -- Nuclei for which a run other than the slide's own was accepted: ids, packed.
  CREATE TABLE acceptance (
    id INTEGER PRIMARY KEY AUTOINCREMENT, slideId INTEGER NOT NULL REFERENCES slide (id),
    runId INTEGER NOT NULL REFERENCES run (id), count INTEGER NOT NULL, ids BLOB NOT NULL
  ) STRICT;

  -- Content of the steps, packed. part: labels (block = ids in 65,536s) | outlines | regions | accepted.
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

  -- What replaying the log gives: class id per nucleus, packed, 65,536 nuclei a row, row b from id b·65,536.
  CREATE TABLE labelBlock (block INTEGER PRIMARY KEY, classes BLOB NOT NULL) STRICT;

  -- Regions of interest: a closed outline, x, y, … in level-0 pixels, as JSON.
  CREATE TABLE region (
    id INTEGER PRIMARY KEY, slideId INTEGER NOT NULL REFERENCES slide (id), name TEXT NOT NULL, outline TEXT NOT NULL
  ) STRICT;

  -- Another reader's labels of the same nuclei, from a copy of the project: beside ours, never over them.
  CREATE TABLE reading (
    id INTEGER PRIMARY KEY AUTOINCREMENT, reader TEXT NOT NULL, copyId TEXT NOT NULL, file TEXT NOT NULL,
    time TEXT NOT NULL, count INTEGER NOT NULL, labels BLOB NOT NULL, UNIQUE (reader, copyId)
  ) STRICT;

  -- A checksum of every row (see seals.ts).
  CREATE TABLE seal (
    tableName TEXT NOT NULL, rowKey ANY NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (tableName, rowKey)
  ) STRICT, WITHOUT ROWID;
`

const version3 = /* sql */ `
  -- Apart from the chunks, because SQLite writes a whole row anew to change one number of it.
  -- state: 0 written and not yet in force, 1 in force, 2 replaced and to be swept, 3 replaced and kept for undo and redo.
  CREATE TABLE chunkState (
    chunkId INTEGER PRIMARY KEY REFERENCES nucleusChunk (id), slideId INTEGER NOT NULL REFERENCES slide (id),
    state INTEGER NOT NULL
  ) STRICT;
  INSERT INTO chunkState SELECT id, slideId, state FROM nucleusChunk;
  ALTER TABLE nucleusChunk DROP COLUMN state;
`
