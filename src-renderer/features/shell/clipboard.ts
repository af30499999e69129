/** Copies text; where the page may not use the clipboard (plain HTTP), through a selected field. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = document.createElement('textarea')
    field.value = text
    field.className = 'sr-only'
    // Inside the open dialog, whose focus trap would take the focus away from anywhere else.
    const host = document.querySelector('[role=dialog]') ?? document.body
    host.append(field)
    field.select()
    const copied = document.execCommand('copy')
    field.remove()
    return copied
  }
}
