/** A linearizable read sees at least everything that was committed anywhere when it was asked for (thesis §6.4). */
import { Violation } from './violation'

export class Reads {
  private readonly asked = new Map<string, number>()

  ask(process: string, context: number, committedIndex: number): void {
    this.asked.set(`${process}#${context}`, committedIndex)
  }

  ready(process: string, context: number, index: number): void {
    const key = `${process}#${context}`
    const floor = this.asked.get(key)
    if (floor === undefined) throw new Violation('read index', `${process} answers read ${context}, which nobody asked`)
    this.asked.delete(key)
    if (index < floor) {
      throw new Violation('read index', `${process} may read at ${index}; ${floor} was committed when it asked`)
    }
  }

  failed(process: string, context: number): void {
    this.asked.delete(`${process}#${context}`)
  }
}
