/** The dialogs that can be opened from anywhere: by a button, a shortcut, the palette, the tray or a link. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

export type OpenDialog =
  | { readonly kind: 'job'; readonly printerId?: string; readonly filamentId?: string; readonly copyOf?: string }
  | { readonly kind: 'printer'; readonly id?: string }
  | { readonly kind: 'filament'; readonly id?: string }
  | { readonly kind: 'invite' }
  | { readonly kind: 'join'; readonly invite?: string }
  | { readonly kind: 'palette' }
  | { readonly kind: 'shortcuts' }

export interface Question {
  readonly title: string
  readonly text: string
  readonly confirm: string
  readonly danger?: boolean
  /** Nothing to decide: one button. */
  readonly inform?: boolean
  /** Must be typed before the button works; for what cannot be taken back. */
  readonly phrase?: string
}

export const useDialogs = defineStore('dialogs', () => {
  const open = shallowRef<OpenDialog | null>(null)
  const question = shallowRef<Question | null>(null)
  let answer: (yes: boolean) => void = () => {}

  function ask(next: Question): Promise<boolean> {
    answer(false)
    question.value = next
    return new Promise((resolve) => (answer = resolve))
  }

  return {
    open,
    question,
    show: (dialog: OpenDialog) => (open.value = dialog),
    close: () => (open.value = null),
    ask,
    reply(yes: boolean) {
      question.value = null
      answer(yes)
    }
  }
})
