/** Runs a change and tells how it went: a toast in plain words, chosen by the problem's code. */
import { useI18n } from 'vue-i18n'
import { ApiError, type FailureCode } from '@/api/errors'
import { useToasts, type ToastAction } from '@/stores/toasts'

export interface Explanation {
  readonly title: string
  readonly text: string
}

export function useFeedback() {
  const { t } = useI18n()
  const toasts = useToasts()

  /** What happened, and what to do about it. */
  function explain(error: unknown): Explanation {
    const code: FailureCode = error instanceof ApiError ? error.code : 'bad_answer'
    return { title: t(`problem.${code}.title`), text: t(`problem.${code}.todo`) }
  }

  function fail(error: unknown): void {
    const { title, text } = explain(error)
    toasts.show({ tone: 'bad', title, text })
  }

  /** Resolves to whether it was done. */
  async function attempt(work: () => Promise<unknown>, done?: string, action?: ToastAction): Promise<boolean> {
    try {
      await work()
      if (done !== undefined) toasts.show({ tone: 'good', title: done, ...(action ? { action } : {}) })
      return true
    } catch (error) {
      fail(error)
      return false
    }
  }

  return { explain, fail, attempt }
}
