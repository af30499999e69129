/** Where the focus goes when a dialog or sheet opens: the field that asks for it, or the whole; never just the first button. */
export function focusInitial(event: Event): void {
  event.preventDefault()
  const content = event.currentTarget as HTMLElement
  ;(content.querySelector<HTMLElement>('[autofocus]') ?? content).focus()
}
