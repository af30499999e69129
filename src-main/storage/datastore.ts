/**
 * A NeDB datastore whose file access is ours. NeDB by itself neither syncs nor repairs: an insert resolves when
 * the line is in the page cache, loading drops lines it cannot read and then rewrites the file. So each datastore
 * hands each new document to `persist` and never reads or rewrites: its owner has read and verified what is there.
 * A document that `persist` is done with is dropped from memory. These hooks are private API of NeDB, pinned by a
 * contract test.
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
  /** Resolves after `persist` has; one after the other. */
  insert(document: Document): Promise<void>
}

export const openDatastore = async <Document extends object>(
  filename: string,
  persist: (document: Document) => Promise<void>
): Promise<DocumentFile<Document>> => {
  const datastore = Datastore.create({ filename, corruptAlertThreshold: 0 })
  const hooks = (datastore as unknown as { __original: Hooks }).__original
  hooks.persistence.persistNewStateAsync = async (inserted) => {
    try {
      for (const document of inserted) await persist(document as Document)
    } finally {
      hooks._resetIndexes([])
    }
  }
  hooks.persistence.persistCachedDatabaseAsync = async () => {
    throw new Error(`${filename} is never rewritten`)
  }
  hooks.persistence.loadDatabaseAsync = async () => hooks.executor.processBuffer()
  await datastore.load()
  return { insert: async (document) => void (await datastore.insert(document)) }
}
