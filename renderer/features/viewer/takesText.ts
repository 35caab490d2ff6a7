/** Whether keys pressed here belong to a field or a dialog. */
export const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.matches('input, textarea, select') || target.closest('dialog') !== null)
