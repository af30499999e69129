import { defineStore } from 'pinia'
import { call } from '@/api/http'
import type { Printer } from '@contract/printers'
import { createCollection } from './collection'
import { createWrites } from './writes'

export interface PrinterDraft {
  readonly name: string
  readonly company: string
  readonly model: string
}

export const usePrinters = defineStore('printers', () => {
  const records = createCollection<Printer>()
  const { write, erase } = createWrites(records, '/printers')

  return {
    records,
    create: (draft: PrinterDraft & { readonly id?: string }) =>
      write(call<Printer>('POST', '/printers', { body: draft })),
    update: (id: string, draft: PrinterDraft) =>
      write(call<Printer>('PATCH', `/printers/${encodeURIComponent(id)}`, { body: draft })),
    remove: erase
  }
})

/** What people call a printer: its name, or else maker and model. */
export function printerLabel(printer: Pick<Printer, 'name' | 'company' | 'model'>): string {
  return printer.name?.trim() || `${printer.company} ${printer.model}`
}
