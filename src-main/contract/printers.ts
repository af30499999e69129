import type { Data } from './data'
import type { PrinterChangeSchema, PrinterCreateSchema, PrinterSchema } from './schemas/printers'

export type Printer = Data<typeof PrinterSchema>
export type PrinterCreate = Data<typeof PrinterCreateSchema>
export type PrinterChange = Data<typeof PrinterChangeSchema>
