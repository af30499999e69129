/**
 * A NeDB datastore whose file access is ours. NeDB by itself neither syncs nor repairs: an insert resolves when
 * the line is in the page cache, loading drops lines it cannot read and then rewrites the file. So each datastore
 * is given its documents by a caller who has read and verified them, hands each new one to `persist`, and never
 * rewrites. These hooks are private API of NeDB, pinned by a contract test.
 */
import Datastore from 'nedb-promises'

interface Hooks {
  persistence: {
    persistNewStateAsync(documents: readonly object[]): Promise<void>
    persistCachedDatabaseAsync(): Promise<void>
    loadDatabaseAsync(): Promise<void>
  }
  executor: { processBuffer(): void }
  _resetIndexes(documents: readonly object[]): void
}

export interface DocumentFile<Document extends object> {
  /** Resolves after `persist` has. NeDB keeps the document even when that fails: then drop the datastore. */
  insert(document: Document): Promise<void>
  /** Drops the documents from memory; the file keeps them. */
  forget(): void
  /** Documents in memory. */
  count(): Promise<number>
}

/** `persist` may add members to the document; NeDB keeps it as `persist` leaves it. */
export const openDatastore = async <Document extends object>(
  filename: string,
  documents: readonly Document[],
  persist: (document: Document) => Promise<void>
): Promise<DocumentFile<Document>> => {
  const datastore = Datastore.create({ filename, corruptAlertThreshold: 0 })
  const hooks = (datastore as unknown as { __original: Hooks }).__original
  hooks.persistence.persistNewStateAsync = async (inserted) => {
    for (const document of inserted) await persist(document as Document)
  }
  hooks.persistence.persistCachedDatabaseAsync = async () => {
    throw new Error(`${filename} is never rewritten`)
  }
  hooks.persistence.loadDatabaseAsync = async () => {
    hooks._resetIndexes(documents)
    hooks.executor.processBuffer()
  }
  await datastore.load()
  return {
    insert: async (document) => void (await datastore.insert(document)),
    forget: () => hooks._resetIndexes([]),
    count: async () => datastore.count({})
  }
}
