import { defineStore } from 'pinia'
import { ref } from 'vue'

export type ToastTone = 'neutral' | 'good' | 'bad'

export interface ToastAction {
  readonly label: string
  readonly run: () => void
}

export interface Toast {
  readonly id: number
  readonly tone: ToastTone
  readonly title: string
  readonly text?: string
  readonly action?: ToastAction
  readonly durationMs: number
}

/** More would hide the page; the oldest goes first. */
export const TOASTS_MAX = 4

export const useToasts = defineStore('toasts', () => {
  const list = ref<readonly Toast[]>([])
  let lastId = 0

  function show(toast: Omit<Toast, 'id' | 'durationMs'> & { readonly durationMs?: number }): void {
    const durationMs = toast.durationMs ?? (toast.action || toast.tone === 'bad' ? 10_000 : 4_000)
    list.value = [...list.value, { ...toast, id: ++lastId, durationMs }].slice(-TOASTS_MAX)
  }

  function dismiss(id: number): void {
    list.value = list.value.filter((toast) => toast.id !== id)
  }

  return { list, show, dismiss }
})
