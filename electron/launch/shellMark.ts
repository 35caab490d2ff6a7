/** Printed by the desktop shell when its window is open. `npm start` waits for it. */
export const shellIsUp = 'Karyon is open in its window.'
