/** What the desktop shell prints when its window is up; `npm start` waits for it. */
export const shellIsUp = 'Karyon is open in its window.'
