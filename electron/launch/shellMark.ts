/** Printed by the desktop shell when its window is open. `npm start` waits for it. */
export const readyMessage = 'Karyon is open in its window.'
